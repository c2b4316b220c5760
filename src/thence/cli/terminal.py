"""What reaches a terminal: the console, JSON, and lines through a pager."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from thence.params.exact import encode

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["console", "print_json", "show"]


def console(*, stderr: bool = False) -> Console:
    """The console of standard output or standard error: 80 columns where it is no terminal, colour where it is one.

    Rich reads ``NO_COLOR``, ``FORCE_COLOR``, ``TERM`` and ``COLUMNS``. Markup is off: a square bracket is a bracket.
    """
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, force_jupyter=False)


def show(lines: Callable[[int], Iterable[Text | str]]) -> None:
    """Print the lines that are made for the width there is, through a pager where standard output is a terminal."""
    from thence.cli.pager import paged

    def say(screen: Console) -> None:
        for line in lines(screen.width):
            screen.print(line, soft_wrap=True, markup=False, highlight=False)

    paged(say)


def print_json(document: Any) -> None:
    """``document`` to standard output, as ASCII: no terminal obeys it, no encoding loses it."""
    sys.stdout.write(json.dumps(encode(document), indent=2) + "\n")
