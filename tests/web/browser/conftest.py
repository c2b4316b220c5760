"""A real browser before the viewer, and what it reports: dialogs, errors, requests to anywhere else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.web.browser.conversation import converse
from tests.web.conftest import Site, served

ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def installed() -> str | None:
    """A Chromium on this machine; ``THENCE_CHROMIUM`` names another."""
    return os.environ.get("THENCE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = installed()
    if path is None:
        pytest.skip("no Chromium is installed here: make test-ui installs one")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield launched
        launched.close()


class Watched:
    """A page in a session of its own, and all that should not happen on it."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site
        self.seen: list[str] = []
        self._own = f"127.0.0.1:{site.port}"
        page.on("dialog", self._dialog)
        page.on("console", lambda said: self.seen.append(f"{said.type}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.seen.append(f"exception: {error}"))
        page.on("request", self._request)
        page.on("popup", lambda opened: self.seen.append(f"popup: {opened.url}"))

    def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.netloc != self._own:
            self.seen.append(f"request: {request.url[:200]}")

    def open(self, path: str) -> Page:
        """Go to a page of the viewer, and wait until it is quiet."""
        self.page.goto(f"http://{self._own}{path}", wait_until="load")
        return self.page


Watch = Callable[..., Watched]


@pytest.fixture
def watch(browser: Browser) -> Iterator[Watch]:
    """Opens a window on a site; ``watch(site, width=390, theme="dark")``. Signed in unless told otherwise."""
    contexts = []

    def opened(site: Site, *, width: int = 1280, theme: str = "light", enter: bool = True) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
        context.set_default_timeout(60_000)
        contexts.append(context)
        watched = Watched(context.new_page(), site)
        if enter:
            watched.page.goto(site.doors.url)
            watched.page.wait_for_url("**/log*")
        return watched

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def hostile_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of calls in which every text is a payload."""
    folder: Path = tmp_path_factory.mktemp("hostile")
    converse(folder / "store.db")
    return folder / "store.db"


@pytest.fixture(scope="session")
def hostile(hostile_store: Path) -> Iterator[Site]:
    """The viewer of that store."""
    with served(hostile_store) as running:
        yield running
