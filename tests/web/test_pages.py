"""Every page answers people and programs, from the same document."""

from __future__ import annotations

import pytest
from tests.web.conftest import Site

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
