"""What reaches a terminal: text that a model or a caller wrote is shown there, and never obeyed.

A terminal acts on control characters: colours, cursor, window title, clipboard, links (C0 and C1 controls, escape
sequences). Others reorder what a reader sees (bidirectional marks) or hide in it (tags, line separators). All of them
are printed as ``\\x1b`` or ``\\u202e``, so that what was said can still be read.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from thence.params.exact import encode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["console", "one_line", "print_json", "show", "visible"]

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


def console(*, stderr: bool = False) -> Console:
    """The console of standard output or standard error: 80 columns where it is no terminal, colour where it is one.

    Rich reads ``NO_COLOR``, ``FORCE_COLOR``, ``TERM`` and ``COLUMNS``. Markup is off: a square bracket is a bracket.
    """
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def show(lines: Callable[[int], Iterable[Text | str]]) -> None:
    """Print the lines that are made for the width there is, through a pager where standard output is a terminal."""
    from thence.cli.pager import paged

    with paged() as screen:
        for line in lines(screen.width):
            screen.print(line, soft_wrap=True)


def print_json(document: Any) -> None:
    """``document`` to standard output, as ASCII: no terminal obeys it, no encoding loses it."""
    sys.stdout.write(json.dumps(encode(document), indent=2) + "\n")
