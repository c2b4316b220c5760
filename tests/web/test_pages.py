"""Every page answers people and programs, from the same document."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.history import BLUE, COLOUR, History, chat_answer
from tests.web.conftest import Site, served

from thence.web.pages import PAGES

# What a page must be told before it has anything to show; a page that is not here shows itself without.
GIVEN: dict[str, dict[str, str]] = {}

every_page = pytest.mark.parametrize("name", [page.name for page in PAGES])


@every_page
def test_is_html_and_json(site: Site, name: str) -> None:
    given = GIVEN.get(name, {})
    page, document = site.page(name, **given), site.page(f"{name}.json", **given)
    assert page.status == document.status == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.count("<h1") == 1
    assert isinstance(document.json, dict)


@every_page
def test_names_of_pages_and_keys_are_its_own(name: str) -> None:
    assert [page.name for page in PAGES].count(name) == 1
    keys = [page.key for page in PAGES if page.key]
    assert len(keys) == len(set(keys))


def test_what_is_not_there_is_said(site: Site) -> None:
    answer = site.page("log", before="nonsense")
    assert answer.status == 404
    assert "&#39;nonsense&#39; is no call&#39;s id" in answer.text
    assert site.page("log.json", before="nonsense").json == {
        "error": "'nonsense' is no call's id",
        "hint": "take one whole, as the log has it",
    }


@pytest.mark.parametrize("name", ["compile", "compile.json"])
def test_an_api_that_there_is_not_is_the_readers_mistake(site: Site, name: str) -> None:
    answer = site.page(name, to="nosuch")
    assert answer.status == 400
    assert "there is no API" in answer.text


def test_the_next_page_begins_where_this_one_ends(site: Site) -> None:
    rows = site.page("log.json").json["rows"]
    for number, row in enumerate(rows):
        older = site.page("log.json", before=row["id"]).json["rows"]
        assert [each["id"] for each in older] == [each["id"] for each in rows[number + 1 :]]


def test_chips_tell_what_changed_since_the_call_before(site: Site) -> None:
    rows = site.page("log.json").json["rows"]
    plum, blueberry = (next(row for row in rows if word in str(row["answered"])) for word in ("plum", "blueberry"))
    assert plum["before"] == blueberry["id"]
    changed = {each["name"]: each for each in plum["changed"]}
    assert changed["temperature"]["before"]["value"] == 0.2
    assert changed["temperature"]["now"] == {"value": 1.2, "source": "CALL", "dropped": False}
    assert changed["top_p"]["before"] is None
    assert changed["top_p"]["now"]["source"] == "PRESET"
    assert "model" not in changed
    filtered = site.page("log.json", q="seed = 7").json["rows"]
    assert [row["id"] for row in filtered] == [plum["id"]]
    assert filtered[0]["changed"] == plum["changed"]


def test_rails_join_a_call_to_the_one_that_it_goes_on_from(site: Site) -> None:
    rows = site.page("log.json").json["rows"]
    plum, blueberry, blue = rows[4:7]
    assert plum["graph"]["at"] != blueberry["graph"]["at"]
    assert blue["graph"]["merging"] == [max(plum["graph"]["at"], blueberry["graph"]["at"])]
    assert blue["graph"]["below"] == []


def test_a_page_that_is_shown_is_not_made_again(site: Site) -> None:
    mark = site.page("log.json").json["mark"]
    assert site.page("log.json", seen=mark).json == {"unchanged": True}
    headers = {"Authorization": f"Bearer {site.doors.token}", "HX-Request": "true"}
    assert site.ask(f"/log?seen={mark}", headers).status == 204
    assert site.ask("/log?seen=another", headers).status == 200


def test_a_query_that_is_typed_is_completed_with_what_there_is(site: Site) -> None:
    def offered(query: str) -> list[str]:
        return [each["text"] for each in site.page("complete.json", q=query).json["found"]]

    assert "temperature" in offered("tem")
    assert "gpt-4o" in offered("model = ")
    assert "anthropic" in offered("provider = ")
    assert offered("source(temperature) = pre")[0] == "preset"  # a program may have registered more of them


def test_what_a_terminal_or_a_reader_would_obey_is_written_out(site: Site) -> None:
    page = site.page("log").text
    assert "\\x1b[2J\\x1b]0;owned\\x07All \\u202egood\\u202c." in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_who_opens_the_address_of_a_look_sees_the_page(site: Site) -> None:
    page = site.page("log", seen=site.page("log.json").json["mark"])
    assert page.status == 200
    assert page.text == site.page("log").text.replace("/log.json", f"/log.json?seen={page_mark(page.text)}")


def page_mark(text: str) -> str:
    return text.partition("seen=")[2].partition('"')[0]


def test_a_call_without_a_context_offers_none(site: Site) -> None:
    for row in site.page("log.json").json["rows"]:
        call = site.page("call.json", rev=row["id"]).json["call"]
        assert ("/compile?rev=" in site.page("call", rev=row["id"]).text) == (call["base"] is not None)


def test_a_question_about_a_picture_can_be_read(tmp_path: Path) -> None:
    picture = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{'iVBOR' * 40_000}"}}
    history = History(tmp_path / "store.db")
    asked = {"role": "user", "content": [{"type": "text", "text": "What is in it?"}, picture]}
    history.chat([asked], {"role": "assistant", "content": "A plum."})
    novel = "A plum lay there. " * 100_000
    history.chat([{"role": "user", "content": novel}], {"role": "assistant", "content": "So it did."})
    history.writer.close()
    with served(tmp_path / "store.db") as own:
        longer, row = own.page("log.json").json["rows"]
        assert row["asked"]["text"] == "What is in it? [image_url]"
        (shown,) = own.page("call.json", rev=row["id"]).json["context"]["items"]
        assert shown["text"] == "What is in it?\n[image_url]"
        (unread,) = own.page("call.json", rev=longer["id"]).json["context"]["items"]
        assert unread["text"] is None  # the page of the message itself has it
        said = own.page("call.json", rev=unread["hash"]).json["said"]
        assert (said["text"] + "." * said["more"])[:1_000] == novel[:1_000]
        assert len(said["text"]) + said["more"] == len(novel)
        assert "bytes: <a" not in own.page("call", rev=unread["hash"]).text


def test_a_sweep_is_of_a_question_that_was_asked_twice(site: Site) -> None:
    swept = site.page("sweep.json").json
    assert len(swept["calls"]) == 2
    assert {call["words"] for call in swept["calls"]} == {"A blueberry.", "A plum, at a stretch."}


def test_what_a_message_quotes_is_code(site: Site) -> None:
    page = site.page("log", q="temprature > 1").text
    assert "did you mean <code>temperature</code>?" in page


def test_a_contest_leads_to_the_calls_in_which_it_was_won_so(site: Site) -> None:
    (over,) = (each for each in site.page("sources.json").json["contests"] if each["over"]["value"] == 0.7)
    assert over["won"]["value"] == 1.2
    assert len(site.page("log.json", q=over["q"]).json["rows"]) == over["calls"] == 1


def test_a_tract_of_any_name_is_a_link_away(tmp_path: Path) -> None:
    history = History(tmp_path / "store.db")
    name = "team a/β"
    history.end(
        history.begin("chat/completions", {"model": "m", "messages": [COLOUR]}, tract=name), chat_answer(1, BLUE)
    )
    history.writer.close()
    with served(tmp_path / "store.db") as own:
        (listed,) = (each for each in own.page("status.json").json["tracts"] if each != "main")
        assert own.page("log.json", tract=listed).json["rows"] == own.page("log.json", tract=name).json["rows"] != []
        assert own.page("compile", tract=listed).status == 200
