"""Text to expression tree: the door to :mod:`thence.query.reading`, which brings the parser in when text comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thence.query.tree import Expression, Step, Value

__all__ = ["parse", "read_path", "read_time"]


def parse(text: str) -> Expression:
    """The tree of a query.

    Raises:
        QueryError: it can't be read; with the column, and what was meant where that can be guessed.
    """
    from thence.query import reading

    return reading.parse(text)


def read_path(text: str) -> tuple[Step, ...]:
    """The steps of a parameter's path: ``response_format.type``, ``"a.b".c``, ``tools[0]``.

    Raises:
        QueryError: it is no path.
    """
    from thence.query import reading

    return reading.read_path(text)


def read_time(text: str) -> Value:
    """A moment: ``2026-11-22``, ``2h ago``, ``yesterday``.

    Raises:
        QueryError: it is none.
    """
    from thence.query import reading

    return reading.read_time(text)
