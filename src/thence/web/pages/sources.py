"""Sources: which layer sets which parameter, how often, and where two layers set the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.errors import QueryError
from thence.params import Parameter, ParameterSource
from thence.query import Condition, Param, Value
from thence.query.check import condition
from thence.store.sourced import Contest, contests, sourced
from thence.web.page import newest

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from thence.web.page import Asked

__all__ = ["document"]

_MOST: Final = 200  # parameters, and contests, that are shown
_LONGEST: Final = 200  # characters of a value that a query asks for


def document(asked: Asked) -> dict[str, Any]:
    """The URL says ``q``, a query, and ``all=1``: of all calls, not of the newest :data:`~thence.web.page.NEWEST`."""
    query = asked.text("q")
    shown: dict[str, Any] = {"q": query, "error": None, "sources": [], "rows": [], "contests": []}
    shown |= {"counted": 0, "whole": 0}
    calls = asked.record.store.calls(asked.record.tract)
    try:
        calls, told = newest(calls.where(query) if query else calls, asked)
        counts = sourced(calls)
        shown |= told
    except QueryError as error:
        return shown | {"error": {"message": error.message, "hint": error.hint}, "more": 0}
    known = {source for _, source in counts}
    shown["sources"] = [source.name for source in ParameterSource if source.name in known]
    names = sorted({name for name, _ in counts}, key=lambda name: (-_whole(counts, name), name))
    shown["rows"] = [_row(counts, name, shown["sources"], query) for name in names[:_MOST]]
    shown["more"] = max(0, len(names) - _MOST)
    shown["contests"] = [_told(contest, query) for contest in contests(calls)[:_MOST]]
    return shown


def _whole(counts: Counter[tuple[str, str]], name: str) -> int:
    return sum(count for (each, _), count in counts.items() if each == name)


def _row(counts: Counter[tuple[str, str]], name: str, sources: list[str], query: str) -> dict[str, Any]:
    cells = {source: counts[name, source] for source in sources if counts[name, source]}
    return {
        "name": name,
        "calls": _whole(counts, name),
        "cells": {source: {"calls": count, "q": _narrowed(query, name, source)} for source, count in cells.items()},
    }


def _narrowed(query: str, name: str, source: str, *more: Condition) -> str:
    """The query of the calls in which a source sets a parameter, among those of ``query``."""
    conditions = [Condition(Param((name,), "source"), "=", (Value("text", source),)), *more]
    asked = " and ".join(map(str, conditions))
    return f"({query}) and {asked}" if query else asked


def _won(won: Parameter) -> Iterator[Condition]:
    """From where the value came, and which it was."""
    if won.origin:
        yield condition(Param((won.name,), "origin"), "=", [won.origin])
    if isinstance(won.value, (bool, int, float, str)) and len(str(won.value)) <= _LONGEST:
        yield condition(Param((won.name,)), "=", [won.value])


def _told(contest: Contest, query: str) -> dict[str, Any]:
    won, over = contest.won, contest.over
    return {
        "name": won.name,
        "calls": contest.calls,
        "won": {"source": won.source.name, "origin": won.origin, "value": won.value},
        "over": {"source": over.source.name, "origin": over.origin, "value": over.value},
        "q": _narrowed(query, won.name, won.source.name, *_won(won)),
    }
