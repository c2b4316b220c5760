"""Model output is text: 120 payloads and more, stored by real calls, shown on every page, do nothing at all."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from tests.web.browser.conftest import Watch
from tests.web.conftest import Site
from tests.web.payloads import PAYLOADS

from thence.web.pages import PAGES

ALL = "rev=main&context=all"
PATHS = [
    "/log",
    "/log?branch=b1",
    "/log?q=" + quote('model ~ "*script*"'),
    f"/call?{ALL}",
    f"/call?{ALL}&show=raw",
    "/diff?a=main&b=b1",
    "/diff?a=b0&b=b2",
    "/compile?rev=main",
    *(f"/compile?rev=main&to={to}" for to in ("openai", "anthropic", "responses")),
    "/status",
    "/usage",
    "/usage?by=own" + quote("<script>alert(1)</script>"),
    "/sources",
    "/sources?q=" + quote('"><script>alert(1)</script> ='),
    "/sweep",
    f"/sweep?rev={quote('main')}",
    "/log?q=" + quote('"><script>alert(1)</script> ='),
    *(f"/{page.name}.json?{ALL}" for page in PAGES if page.name not in ("log", "diff")),
]
"""Every page, in the states that show the most of what models and callers wrote."""


def test_there_are_enough_payloads() -> None:
    assert len(set(PAYLOADS)) >= 120


def test_the_watch_sees_what_it_watches_for(hostile: Site, watch: Watch) -> None:
    window = watch(hostile, enter=False)
    window.page.set_content(
        "<img src=x onerror='alert(1)'><script>console.error(2)</script><img src='http://127.0.0.1:9/p.png'>"
    )
    window.page.wait_for_timeout(500)
    kinds = {each.partition(":")[0] for each in window.seen}
    assert {"dialog", "error", "request"} <= kinds


@pytest.mark.parametrize("path", PATHS)
def test_nothing_that_was_said_is_obeyed(hostile: Site, watch: Watch, path: str) -> None:
    window = watch(hostile)
    page = window.open(path)
    if not path.partition("?")[0].endswith(".json"):
        assert page.locator("main").count() == 1
        assert page.evaluate("document.querySelectorAll('main script, main iframe, main img, main style').length") == 0
        for hover in page.locator("details > summary").all()[:3]:
            hover.click()
    page.wait_for_timeout(200)
    complaints = [each for each in window.seen if "400 (Bad Request)" not in each]  # of a query that can't be read
    assert complaints == []
    assert page.url.startswith(f"http://127.0.0.1:{hostile.port}/")


def test_every_payload_is_shown_whole(hostile: Site, watch: Watch) -> None:
    """As text: what stands in the page is what was said, control characters written out."""
    from thence.reading.visible import visible

    page = watch(hostile).open(f"/call?{ALL}")
    shown = page.locator("section[aria-labelledby=context] .text").all_text_contents()
    for payload in PAYLOADS:
        assert visible(payload).strip() in [each.strip() for each in shown], payload


def test_older_pages_too(hostile: Site, watch: Watch) -> None:
    window = watch(hostile)
    page = window.open("/log")
    pages = 1
    while page.locator("[data-older]").count():
        page.locator("[data-older]").click()
        page.wait_for_load_state("load")
        pages += 1
    assert pages == 3
    assert window.seen == []
