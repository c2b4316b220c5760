"""Objects that show themselves in notebooks: whatever was said in a call is text in what they show."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from tests.store.journals import chat, stored

from thence import frames
from thence.markup import preformatted, table
from thence.tract import Tract
from thence.upkeep.erase import erase

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"
ALLOWED = {"table", "caption", "thead", "tbody", "tr", "th", "td", "pre"}
STYLES = {"text-align: left", "white-space: pre-wrap"}


class Shown(HTMLParser):
    """The text of a piece of HTML; tags and attributes that should not be there."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.strange: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED or any((name, value in STYLES) != ("style", True) for name, value in attrs):
            self.strange.append(f"{tag} {attrs}")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_nothing_that_was_said_is_html(tmp_path: Path) -> None:
    call = chat(1, [{"role": "user", "content": HOSTILE}], HOSTILE, model=HOSTILE, stop=[HOSTILE], temperature=0.5)
    call.asked = [frames.Asked("PRESET", HOSTILE, same=["temperature"])]
    call.facts = {"tags": [HOSTILE], "label": HOSTILE}
    store, _ = stored(tmp_path / "store.db", [call])
    with store, Tract.open(tmp_path / "store.db") as tract:
        (recorded,) = store.calls()
        assert recorded.base is not None
        for object_ in (recorded, recorded.params, recorded.base, store.calls(), tract.compile()):
            shown = Shown(object_._repr_html_())
            assert shown.strange == [], type(object_)
            assert "<script>alert(1)</script>" in shown.text, type(object_)
        assert "PRESET" in Shown(recorded.params._repr_html_()).text
        assert "the newest 1 of 1 calls" in Shown(store.calls()._repr_html_()).text


def test_half_a_character_and_long_texts_are_shown() -> None:
    assert "\\udcff" in preformatted("\udcff")
    assert "6000 more characters" in table(("a",), [("x" * 10_000,)])


def test_what_was_erased_is_shown_as_such(tmp_path: Path) -> None:
    store, _ = stored(tmp_path / "store.db", [chat(1, [{"role": "user", "content": "A secret?"}], "A secret.")])
    with store:
        (call,) = store.calls()
        assert call.commit is not None
        erase(store, commits=[call.commit])
        (call,) = store.calls()
        assert call.commit is not None
        for object_ in (call, call.commit):
            assert "(erased)" in Shown(object_._repr_html_()).text
