"""The pages in a real browser: the way in, keys, the live log, themes; and what axe finds, which is nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from tests.cli.history import BLUE, COLOUR, SYSTEM, History
from tests.web.browser.conftest import Watch
from tests.web.conftest import TOKEN, Site, served

from thence.ingest import open_store
from thence.web.pages import PAGES

STATES = [
    *(f"/{page.name}" for page in PAGES),
    "/call?rev=HEAD",
    "/call?rev=HEAD~1",
    "/call?rev=HEAD&show=raw",
    "/diff?a=HEAD~1&b=HEAD",
    "/compile?rev=HEAD&to=anthropic",
    "/log?q=" + quote("temperature > 0.8 adn"),
    "/log?q=" + quote("temperature > 1"),
    "/call?rev=nothing",
]


def test_the_token_opens_the_log_and_leaves_the_address(site: Site, watch: Watch) -> None:
    window = watch(site)
    assert site.doors.token not in window.page.url
    assert window.page.evaluate("document.cookie") == ""
    assert window.page.title() == "Log · thence"
    assert window.seen == []


def test_without_a_token_one_can_be_given(site: Site, watch: Watch) -> None:
    window = watch(site, enter=False)
    page = window.open("/status")
    page.get_by_label("Token").fill("another")
    page.get_by_role("button", name="Open").click()
    page.get_by_text("That is not the token of this server").wait_for()
    page.get_by_label("Token").fill(site.doors.token)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Status").wait_for()
    assert page.url.endswith("/status")


@pytest.mark.parametrize("path", STATES)
@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing(site: Site, watch: Watch, path: str, width: int, theme: str) -> None:
    window = watch(site, width=width, theme=theme)
    page = window.open(path)
    found = Axe().run(page)
    told = [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found.response["violations"]]
    assert told == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width  # nothing sticks out


def test_axe_finds_nothing_where_texts_are_long(tmp_path: Path, watch: Watch) -> None:
    history = History(tmp_path / "store.db")
    for word in ("plum ", "line\n"):
        question = {"role": "user", "content": word * 1_000}
        history.chat([SYSTEM, question], {"role": "assistant", "content": word * 900}, seed=history.calls)
    history.writer.close()
    with served(tmp_path / "store.db") as own:
        window = watch(own, width=390)
        for path in (
            "/call?rev=HEAD",
            "/compile?rev=HEAD",
            "/diff?a=HEAD&b=" + own.page("log.json").json["rows"][1]["id"],
        ):
            violations = Axe().run(window.open(path)).response["violations"]
            assert [each["id"] for each in violations] == [], path


def test_keys_go_through_the_log_and_open_a_call(site: Site, watch: Watch) -> None:
    page = watch(site).open("/log")
    rows = page.locator("[data-row]")
    for key in "jjjk":
        page.keyboard.press(key)
    focused = page.evaluate("document.activeElement.closest('[data-row]').dataset.id")
    assert focused == rows.nth(1).get_attribute("data-id")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/call?rev={focused}*")
    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url("**/status*")


def test_two_marked_rows_are_compared(site: Site, watch: Watch) -> None:
    page = watch(site).open("/log?q=" + quote('model = "gpt-4o" and status = completed'))
    ids = [row.get_attribute("data-id") for row in page.locator("[data-row]").all()]
    for key in "jdjd":
        page.keyboard.press(key)
    page.wait_for_url("**/diff*")
    assert page.url.endswith(f"/diff?a={ids[0]}&b={ids[1]}")


def test_a_slash_goes_to_the_query_and_a_question_mark_shows_the_keys(site: Site, watch: Watch) -> None:
    page = watch(site).open("/log")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("temperature > 1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/log?q=temperature*")
    assert page.locator("[data-row]").count() == 1


def test_what_is_wrong_with_a_query_stands_below_it(site: Site, watch: Watch) -> None:
    page = watch(site).open("/log?q=" + quote("temperature > 0.8 adn"))
    text, caret = page.locator(".complaint pre").inner_text().split("\n")[:2]
    assert text == "temperature > 0.8 adn"
    assert caret.index("^") == text.index("adn")


def test_a_query_is_completed(site: Site, watch: Watch) -> None:
    window = watch(site)
    page = window.open("/log")
    page.keyboard.press("/")
    page.keyboard.type("temp")
    page.get_by_role("option").filter(has_text="temperature").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.get_by_role("combobox").input_value() == "temperature "
    page.get_by_role("option").filter(has_text="is greater or equal").wait_for()
    page.get_by_role("option").filter(has_text="is greater or equal").click()
    page.keyboard.type("1")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_url("**/log?q=temperature*")
    assert page.locator("[data-row]").count() == 1
    assert window.seen == []


def test_a_theme_is_kept(site: Site, watch: Watch) -> None:
    page = watch(site, theme="light").open("/log")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    button = page.get_by_role("button", name="Theme")
    button.click()
    button.click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


def test_a_call_that_ends_shows_up(history: Path, watch: Watch) -> None:
    with served(history) as own:
        page = watch(own).open("/log")
        before = page.locator("[data-row]").count()
        page.keyboard.press("j")
        focused = page.evaluate("document.activeElement.closest('[data-row]').dataset.id")
        more = History(history)
        more.calls = 20
        bird = {"role": "user", "content": "And a bird?"}
        more.chat([SYSTEM, COLOUR, BLUE, bird], {"role": "assistant", "content": "A jay."})
        more.writer.close()
        with open_store(history) as fed:
            fed.flush()
        page.get_by_text("A jay.").wait_for()
        assert page.locator("[data-row]").count() == before + 1
        assert page.evaluate("document.activeElement.closest('[data-row]')?.dataset.id") == focused


def test_parameters_are_shown_with_letters_origins_and_what_they_shadow(site: Site, watch: Watch) -> None:
    plum = next(row for row in site.page("log.json").json["rows"] if "plum" in str(row["answered"]))
    page = watch(site).open(f"/call?rev={plum['id']}")
    row = page.get_by_role("row").filter(has_text="temperature")
    assert row.locator("abbr").first.inner_text() == "C"
    assert "1.2" in row.inner_text()
    below = page.locator("tbody").filter(has_text="temperature").inner_text()
    assert "over 0.7" in below
    assert "CONFIG_FILE" in below
    assert "thence.toml:4" in below
    document = json.loads(watch(site).open(f"/call.json?rev={plum['id']}").locator("body").inner_text())
    told = {each["name"]: each for each in document["parameters"]}
    assert told["temperature"]["shadowed"][0]["value"] == 0.7


@pytest.mark.parametrize(("status", "told"), [(503, "at the moment"), (401, "started anew"), (None, "does not answer")])
def test_what_can_not_be_asked_any_more_stays_and_is_said_to_be_old(
    site: Site, watch: Watch, status: int | None, told: str
) -> None:
    page = watch(site).open("/log")
    rows = page.locator("[data-row]").count()
    live = re.compile(r"/log\?.*seen=")
    page.route(live, lambda route: route.fulfill(status=status, body="<h1>no</h1>") if status else route.abort())
    page.get_by_text("This is not live").wait_for()
    assert told in page.locator("[data-lost]").inner_text()
    assert page.locator("[data-row]").count() == rows
    page.unroute(live)
    page.get_by_text("This is not live").wait_for(state="hidden")


@pytest.mark.parametrize("path", ["/sweep", "/usage"])
def test_without_scripts_no_room_is_left_for_what_they_draw(site: Site, browser: Browser, path: str) -> None:
    context = browser.new_context(java_script_enabled=False, extra_http_headers={"Authorization": f"Bearer {TOKEN}"})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{site.port}{path}")
    assert page.locator("table").first.is_visible()
    assert page.locator(".plots:visible, .plot:visible, .by-script:visible, [data-help]:visible").count() == 0
    context.close()
