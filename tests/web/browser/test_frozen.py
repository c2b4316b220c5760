"""The file that ``thence export --html`` writes, opened from disk in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Dialog, Page
from tests.cli.history import write
from tests.web.payloads import PAYLOADS

from thence.cli import app
from thence.reading.visible import visible
from thence.testing import Provider

Open = Callable[[Path], "tuple[Page, list[str]]"]


def export(store: Path, destination: Path, *options: str) -> Any:
    arguments = ["export", "--html", str(destination), "--store", str(store), *options]
    return CliRunner().invoke(app, arguments, prog_name="thence", catch_exceptions=False)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens a file; gives the page, and what should not happen on it as it happens."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page, seen = context.new_page(), list[str]()

    def dialog(shown: Dialog) -> None:
        seen.append(f"dialog: {shown.message}")
        shown.dismiss()

    page.on("dialog", dialog)
    page.on("console", lambda said: seen.append(f"{said.type}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: seen.append(f"exception: {error}"))
    page.on("request", lambda asked: None if asked.url.startswith("file:") else seen.append(f"request: {asked.url}"))

    def open_file(path: Path) -> tuple[Page, list[str]]:
        page.goto(path.as_uri())
        return page, seen

    yield open_file
    context.close()


@pytest.fixture(scope="session")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one call of each kind, frozen."""
    folder = tmp_path_factory.mktemp("frozen")
    write(folder / "store.db")
    done = export(folder / "store.db", folder / "record.html")
    assert done.exit_code == 0, done.output
    (folder / "store.db").unlink()
    return folder / "record.html"


EVERY_PAGE = """async () => {
  const shown = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  let strange = 0;
  const texts = [];
  for (const each of document.querySelectorAll("template")) {
    location.hash = each.dataset.page;
    await shown();
    strange += document.querySelectorAll("main script, main iframe, main img, main style").length;
    texts.push(...[...document.querySelectorAll("main .text")].map((text) => text.textContent));
  }
  return [strange, texts];
}"""


def places(page: Page) -> list[str]:
    found: list[str] = page.evaluate("[...document.querySelectorAll('template')].map((each) => each.dataset.page)")
    return found


def go(page: Page, place: str) -> None:
    page.evaluate("(place) => { location.hash = place; }", place)
    page.wait_for_timeout(60)


def test_every_page_is_there_and_every_link_leads_to_one(frozen: Path, opened: Open) -> None:
    page, seen = opened(frozen)
    there = places(page)
    assert {"log", "usage", "sources", "sweep"} <= set(there)
    assert sum(place.startswith("call?") for place in there) == 7
    for place in there:
        go(page, place)
        assert page.locator("main h1").count() == 1
        links: list[str] = page.evaluate(
            "[...document.querySelectorAll('main a[href]')].map((a) => a.getAttribute('href'))"
        )
        assert {link.removeprefix("#") for link in links} <= set(there), place
    assert seen == []


def test_it_looks_like_the_viewer(frozen: Path, opened: Open) -> None:
    page, seen = opened(frozen)
    page.locator("main .row a.whole").first.click()
    page.get_by_role("heading", name="Parameters").wait_for()
    page.get_by_role("link", name="Usage", exact=True).click()
    page.locator(".plot canvas").first.wait_for()
    assert page.locator(".plot canvas").count() == 4
    page.keyboard.press("?")  # there are no keys to be told of here
    page.go_back()
    page.get_by_role("heading", name="Parameters").wait_for()
    assert seen == []


@pytest.mark.parametrize("place", ["log", "usage", "sources", "sweep"])
def test_axe_finds_nothing(frozen: Path, opened: Open, place: str) -> None:
    page, _ = opened(frozen)
    go(page, place)
    found = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found] == []


def test_nothing_that_was_said_is_obeyed(hostile_store: Path, tmp_path: Path, opened: Open) -> None:
    done = export(hostile_store, tmp_path / "hostile.html")
    assert done.exit_code == 0, done.output
    page, seen = opened(tmp_path / "hostile.html")
    strange, texts = page.evaluate(EVERY_PAGE)
    shown = {each.strip() for each in texts}
    assert strange == 0
    assert seen == []
    assert page.url.startswith("file:")
    for payload in PAYLOADS:
        assert visible(payload).strip() in shown, payload


def test_the_policy_lets_nothing_else_run(frozen: Path, tmp_path: Path, opened: Open) -> None:
    changed = tmp_path / "changed.html"
    with Provider() as outside:
        put = f"<script>alert(1)</script><img src={outside.url}/p.png><script src={outside.url}/x.js></script>"
        changed.write_text(frozen.read_text().replace("</body>", f"{put}</body>"))
        page, seen = opened(changed)
        page.wait_for_timeout(500)
        assert outside.seen == []
    assert not [each for each in seen if each.startswith("dialog")]
    assert len([each for each in seen if "Content Security Policy" in each]) >= 3


def test_it_holds_what_was_chosen(tmp_path: Path, opened: Open) -> None:
    write(tmp_path / "store.db")
    done = export(tmp_path / "store.db", tmp_path / "some.html", "--where", "temperature > 0.3", "--last", "1")
    assert (done.exit_code, done.stdout.strip()) == (0, str(tmp_path / "some.html"))
    assert (tmp_path / "some.html").stat().st_mode & 0o777 == 0o600
    page, _ = opened(tmp_path / "some.html")
    assert sum(place.startswith("call?") for place in places(page)) == 1
    assert page.get_by_text("1 calls where temperature > 0.3").count() == 1


def test_wrong_use(tmp_path: Path) -> None:
    write(tmp_path / "store.db")
    assert export(tmp_path / "store.db", tmp_path / "a.html", "--where", "temperature >").exit_code == 2
    assert not list(tmp_path.glob("*.html*"))
    done = CliRunner().invoke(
        app, ["export", str(tmp_path / "x"), "--store", str(tmp_path / "store.db"), "--last", "1"]
    )
    assert done.exit_code == 2
