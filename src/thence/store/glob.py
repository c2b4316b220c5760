"""Patterns, the same on both databases: ``*`` stands for any text, ``?`` for one character, all else for itself.

SQLite's LIKE takes no notice of case and PostgreSQL has no GLOB: so a pattern is bound in both ways, and each database
is given its own.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, literal, not_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["contains", "matches", "one_below"]

_WILD = re.compile(r"(\*+|\?)")
_GLOB_MARKS = re.compile(r"[*?\[]")
_LIKE_MARKS = re.compile(r"[%_\\]")


class _Matches(FunctionElement[bool]):
    """A text, and a pattern in SQLite's way and in PostgreSQL's."""

    name = "matches"
    inherit_cache = True


@compiles(_Matches)
def _as_like(element: _Matches, compiler: SQLCompiler, **options: Any) -> str:
    subject, _, like = element.clauses
    return f"({compiler.process(subject, **options)} LIKE {compiler.process(like, **options)} ESCAPE '\\')"


@compiles(_Matches, "sqlite")
def _as_glob(element: _Matches, compiler: SQLCompiler, **options: Any) -> str:
    subject, glob, _ = element.clauses
    return f"({compiler.process(subject, **options)} GLOB {compiler.process(glob, **options)})"


def matches(subject: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    """``subject`` as a whole matches ``pattern``. Null where ``subject`` is."""
    glob, like = "", ""
    for at, piece in enumerate(_WILD.split(pattern)):
        if at % 2:  # a wildcard, between pieces that stand for themselves
            glob += piece[0]
            like += "%" if piece[0] == "*" else "_"
        else:
            glob += _GLOB_MARKS.sub(r"[\g<0>]", piece)
            like += _LIKE_MARKS.sub(r"\\\g<0>", piece)
    return _Matches(subject, literal(glob, Text), literal(like, Text))


def contains(subject: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """``text``, in which nothing is wild, stands somewhere in ``subject``. Null where ``subject`` is."""
    glob = _GLOB_MARKS.sub(r"[\g<0>]", text)
    like = _LIKE_MARKS.sub(r"\\\g<0>", text)
    return _Matches(subject, literal(f"*{glob}*", Text), literal(f"%{like}%", Text))


def one_below(pointer: ColumnElement[Any], path: str) -> ColumnElement[bool]:
    """The JSON pointer ``pointer`` leads to a member or an element of what ``path`` leads to."""
    glob = _GLOB_MARKS.sub(r"[\g<0>]", path)
    like = _LIKE_MARKS.sub(r"\\\g<0>", path)
    return and_(
        _Matches(pointer, literal(f"{glob}/*", Text), literal(f"{like}/%", Text)),
        not_(_Matches(pointer, literal(f"{glob}/*/*", Text), literal(f"{like}/%/%", Text))),
    )
