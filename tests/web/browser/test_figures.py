"""Charts that draw the table beside them, and a sweep whose axes can be brushed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.store.journals import Spoken, reply, stored
from tests.web.browser.conftest import Watch
from tests.web.conftest import Site, served

QUESTION = {"role": "user", "content": "Name a fruit."}


@pytest.fixture(scope="session")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One question with three temperatures and none, each of two models; a day apart."""
    store = tmp_path_factory.mktemp("swept") / "store.db"
    calls = []
    for number in range(24):
        temperature = (None, 0, 0.5, 1)[number % 4]
        body: dict[str, Any] = {"model": ("gpt-4o", "gpt-4o-mini")[number % 2], "messages": [QUESTION]}
        if temperature is not None:
            body["temperature"] = temperature
        answer = reply("A plum." if number % 4 == 3 else "An apple.", number)
        calls.append(Spoken(number * 86_400, body, answer, facts={"branch": "sweep", "tags": ["replay:x"]}))
    stored(store, calls)[0].close()
    with served(store) as running:
        yield running


def drag(page: Page, name: str, start: float, end: float) -> None:
    """Along an axis of the parallel coordinates, from one place to another; 0 is its lower end, below is the lane."""
    names: list[str] = page.evaluate(
        "[...document.querySelectorAll('.parallel text.axis')].map((each) => each.textContent)"
    )
    grip = page.locator(".parallel .grip").nth(names.index(name)).bounding_box()
    svg = page.locator(".parallel").bounding_box()
    assert grip is not None
    assert svg is not None
    top, bottom = svg["y"] + 26, svg["y"] + svg["height"] - 40
    x = grip["x"] + grip["width"] / 2
    page.mouse.move(x, bottom - start * (bottom - top))
    page.mouse.down()
    page.mouse.move(x, bottom - end * (bottom - top), steps=4)
    page.mouse.up()


def rows(page: Page) -> list[str]:
    return [row.inner_text() for row in page.locator("[data-points] tbody tr:visible").all()]


def test_a_brush_narrows_the_table_and_stands_in_the_address(swept: Site, watch: Watch) -> None:
    window = watch(swept)
    page = window.open("/sweep")
    assert len(rows(page)) == 24
    assert page.locator(".scatter .dot").count() == page.locator(".parallel .strand").count() == 24
    drag(page, "temperature", 0.4, 0.7)
    assert page.get_by_text("6 of 24 calls").is_visible()
    assert all("0.5" in row for row in rows(page))
    drag(page, "model", 0.8, 1.1)
    assert len(rows(page)) in (0, 6)  # an even place has one of the models
    page.goto(page.url)  # the state is in the address
    assert page.get_by_text("of 24 calls").is_visible()
    page.get_by_role("button", name="All again").click()
    assert len(rows(page)) == 24
    assert "brush" not in page.url
    assert window.seen == []


def test_what_is_absent_has_a_lane(swept: Site, watch: Watch) -> None:
    page = watch(swept).open("/sweep")
    drag(page, "temperature", -0.08, -0.12)
    assert len(rows(page)) == 6
    assert all("absent" in row for row in rows(page))


def test_what_is_plotted_stands_in_the_address(swept: Site, watch: Watch) -> None:
    page = watch(swept).open("/sweep?x=temperature&y=length")
    assert page.locator(".scatter text.axis").all_text_contents() == ["temperature", "characters of the answer"]
    page.get_by_label("upward").select_option("answers")
    assert page.locator(".scatter text.axis").nth(1).text_content() == "different answers to the same settings"
    assert "y=answers" in page.url


def test_charts_say_what_their_tables_say(swept: Site, watch: Watch) -> None:
    window = watch(swept)
    page = window.open("/usage?every=week")
    assert [each.split(" ")[0] for each in page.locator(".chart h2").all_inner_texts()] == ["Tokens", "Cost", "Time"]
    assert page.locator(".plot canvas").count() == 3  # no call failed
    assert swept.page("usage.json", every="week").json["groups"] == ["gpt-4o", "gpt-4o-mini"]
    before = page.locator(".plot canvas").first.screenshot()
    page.locator("[data-theme-switch]").click()
    page.locator("[data-theme-switch]").click()  # dark: drawn anew, in its colours
    assert page.locator(".plot canvas").first.screenshot() != before
    assert window.seen == []


def test_a_cell_leads_to_its_calls(swept: Site, watch: Watch) -> None:
    page = watch(swept).open("/sources")
    page.get_by_role("link", name="temperature from CALL: 18 calls").click()
    page.wait_for_url("**/log?q=*")
    assert page.locator("[data-row]").count() == 18


def test_the_document_is_what_was_recorded(swept: Site) -> None:
    document = swept.page("sweep.json").json
    assert document["names"] == ["model", "temperature"]
    assert document["numbers"] == ["temperature"]
    assert {call["answer"] for call in document["calls"]} == {1, 2}
    hot = [call for call in document["calls"] if call["values"].get("temperature") == 1]
    assert {call["outcome"]["answers"] for call in hot} == {1}
    assert all(call["outcome"]["length"] == len("A plum.") for call in hot)
    assert sum("temperature" not in call["values"] for call in document["calls"]) == 6
