r"""Text that a model or a caller wrote, so that it is shown and never obeyed.

A terminal acts on control characters: colours, cursor, window title, clipboard, links (C0 and C1 controls, escape
sequences). Others reorder what a reader sees (bidirectional marks) or hide in it (tags, line separators), on a page as
well. All of them are written out as ``\x1b`` or ``\u202e``, so that what was said can still be read.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["one_line", "visible"]

_UNSAFE: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f"  # C0 but tab and newline
    "\x7f-\x9f"  # delete and C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional marks, overrides and isolates
    "\u200b\u2060\ufeff"  # invisible spaces
    "\u2028\u2029"  # line and paragraph separators
    "\ufff9-\ufffb"  # interlinear annotation
    "\ud800-\udfff"  # lone surrogates, which no terminal can be sent
    "\U000e0000-\U000e007f"  # tags
    "]"
)


def visible(text: str) -> str:
    """``text`` with everything that a terminal would obey written out. Tabs and newlines stay."""
    return _UNSAFE.sub(_written_out, text)


def one_line(text: str) -> str:
    """``text`` on one line: what :func:`visible` gives, with every run of white space as one space."""
    return " ".join(visible(text).split())


def _written_out(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
