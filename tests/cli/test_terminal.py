"""What a model or a caller wrote is shown on a terminal, and never obeyed."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.cli.terminal import print_json
from thence.reading.visible import one_line, visible

HOSTILE = {
    "colour": "\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\here",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "clear": "\x1b[2J\x1b[H",
    "C1 control sequence": "\x9b31m",
    "C1 string": "\x9d0;owned\x9c",
    "back": "safe\b\b\b\bevil",
    "return": "safe\revil",
    "right to left": "\u202egnp.exe",
    "isolate": "\u2066a\u2069",
    "tag": "a\U000e0041b",
    "separator": "a\u2028b",
    "surrogate": "a\ud800b",
    "delete": "a\x7fb",
    "nul": "a\x00b",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_written_out(text: str) -> None:
    shown = visible(text)
    assert shown != text
    shown.encode()  # also what UTF-8 can't say


@given(st.text())
def test_nothing_shown_is_obeyed(text: str) -> None:
    obeyed = {c for c in visible(text) if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")} - {"\n", "\t"}
    assert not obeyed
    assert not {c for c in visible(text) if unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF"}}


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_plain_text_stays(text: str) -> None:
    assert visible(text) == text


def test_what_was_written_can_be_read() -> None:
    assert visible("a\x1b[0m\u202eb\nc\td") == "a\\x1b[0m\\u202eb\nc\td"
    assert one_line("  a\n\tb  \x07") == "a b \\x07"


def test_json_is_ascii_and_exact(capsys: pytest.CaptureFixture[str]) -> None:
    document = {"text": "\x9b\u202e\ud800é", "large": 10**30}
    print_json(document)
    written = capsys.readouterr().out
    assert written.isascii()
    assert json.loads(written)["text"] == document["text"]
