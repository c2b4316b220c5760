"""The calls of a store, as an iterable: chosen by queries, read in pages, the heavy parts of each on demand."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from functools import reduce
from heapq import merge
from importlib import import_module
from itertools import islice
from operator import and_
from typing import TYPE_CHECKING, Any, Literal, overload

from thence.errors import QueryError
from thence.markup import table
from thence.params.display import shown
from thence.query import Expression, Field, Value, parse, read_time
from thence.query.check import bounded, condition, limited, named
from thence.query.fields import suggestion
from thence.store import columnar
from thence.store.call import Call
from thence.store.schema import calls
from thence.store.select import MOST_GROUPS, Question, configured_names, kept_by_calls, parameter_names

if TYPE_CHECKING:
    from thence.store.records import CommitInfo
    from thence.store.store import Store

__all__ = ["Calls", "Order"]

Order = Literal["oldest", "newest"]
Moment = str | datetime | date | timedelta

_PAGE = 256
_SHOWN = 20  # calls that a notebook shows
_RECENT = (1_000, 16_000)
"""How many of the newest calls are looked at first, and then, where some were found there."""


@dataclass(frozen=True)
class _Choice:
    """Which calls, and in what order."""

    tract: str | None = None
    where: Expression | None = None
    newest: int | None = None  # of those that match, only so many of the newest
    within: frozenset[str] | None = None  # the commits that they are about
    order: Order = "oldest"
    before: str | None = None  # only calls with lesser ids


class Calls:
    """Calls, oldest first. Iterating reads what is there then; ``len`` counts it.

    ``where``, ``since``, ``until``, ``before``, ``last`` and ``order`` each give other calls and leave these as they
    are.

    Args:
        store: where they are.
        tract: the id of one tract; all, where it is None.
    """

    def __init__(self, store: Store, tract: str | None = None) -> None:
        self._store = store
        self._choice = _Choice(tract)

    def where(self, *queries: Expression | str, **fields: Any) -> Calls:
        """Those that every query is true of.

        Args:
            queries: expressions (``P.temperature > 0.8``) or text (``"temperature > 0.8 and model ~ 'gpt-4*'"``).
            fields: values that fields or parameters must have: ``model="gpt-4o"``, ``status="failed"``.

        Raises:
            QueryError: a query can't be read; with its column and what was meant, where that can be guessed.
        """
        for query in queries:
            if not isinstance(query, (str, Expression)):
                raise QueryError(
                    f"a {type(query).__name__} is no query", hint='give text, or an expression: P.model == "gpt-4o"'
                )
        terms = [parse(query) if isinstance(query, str) else query for query in queries]
        terms += [condition(named((name,)), "=", [value]) for name, value in fields.items()]
        known = [] if self._choice.where is None else [self._choice.where]
        if not terms:
            return self
        return self._with(where=bounded(reduce(and_, [*known, *terms])))

    def since(self, moment: Moment) -> Calls:
        """Those that began at ``moment`` or later: a time, ``"2026-11-22"``, ``"2h ago"``, a time span before now."""
        return self.where(condition(Field("started_at"), ">=", [_moment(moment)]))

    def until(self, moment: Moment) -> Calls:
        """Those that began before ``moment``."""
        return self.where(condition(Field("started_at"), "<", [_moment(moment)]))

    def before(self, call_id: str) -> Calls:
        """Those that are older than a call, which is named by its whole id: the next page of a list, newest first."""
        return self._with(before=call_id)

    def last(self, count: int) -> Calls:
        """Only the newest ``count``.

        Raises:
            QueryError: it is less than 0, or no number.
        """
        limits = [each for each in (limited(count), self._choice.newest) if each is not None]
        return self._with(newest=min(limits, default=None))

    def within(self, commits: Iterable[CommitInfo]) -> Calls:
        """Those that answered with one of the commits, or without an answer were asked in one. Looks at each call."""
        hashes = frozenset(commit.hash for commit in commits)
        return self._with(within=hashes if self._choice.within is None else hashes & self._choice.within)

    def order(self, order: Order) -> Calls:
        """The same calls, ``"oldest"`` or ``"newest"`` first.

        Raises:
            QueryError: it is neither.
        """
        if order not in ("oldest", "newest"):
            raise QueryError(f"{order!r} is no order", hint='"oldest" first, or "newest"')
        return self._with(order=order)

    def newest_first(self, limit: int | None = None) -> Iterator[Call]:
        """The same calls, newest first; ``limit`` of them at most."""
        limits = [each for each in (limited(limit), self._choice.newest) if each is not None]
        return self._merged(newest=True, limit=min(limits, default=None))

    def __iter__(self) -> Iterator[Call]:
        if self._choice.order == "newest":
            return self.newest_first()
        if self._choice.newest is not None:
            return reversed(list(self.newest_first()))
        return self._merged(newest=False, limit=None)

    def __len__(self) -> int:
        if self._choice.within is not None:
            return sum(1 for _ in self.newest_first())
        now = datetime.now(timezone.utc)
        total = sum(int(self._store.scalar(self._question(tract, now).counted())) for tract in self._tracts())
        return total if self._choice.newest is None else min(total, self._choice.newest)

    def __bool__(self) -> bool:
        return next(self.newest_first(1), None) is not None

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> list[Call]: ...

    def __getitem__(self, index: int | slice) -> Call | list[Call]:
        """The call at an index, or those of a slice, as of a list; cheap near either end."""
        if isinstance(index, slice):
            return list(self)[index]
        newest = (index < 0) == (self._choice.order == "oldest")
        skip = -index - 1 if index < 0 else index
        found = self.newest_first() if newest else iter(self.order("oldest"))
        call = next(islice(found, skip, skip + 1), None) if skip < sys.maxsize else None
        if call is None:
            raise IndexError("no so many calls")
        return call

    def __repr__(self) -> str:
        where = "" if self._choice.where is None else f" where {self._choice.where}"
        return f"<calls of {self._choice.tract or 'all tracts'}{where}>"

    def _repr_html_(self) -> str:
        newest = list(self.newest_first(_SHOWN))
        caption = f"the newest {len(newest)} of {len(self)} calls"
        return table(("call", "started", "status", "model", "parameters"), map(_row, newest), caption=caption)

    def misspelt(self) -> dict[str, str | None]:
        """Parameters that are asked for and that no call has, each with the name that may be meant."""
        asked = parameter_names(self._choice.where)
        known: set[str] = set()
        for tract in self._tracts():
            known |= {row["name"] for row in self._store.rows(configured_names(tract))} | self._kept(tract).keys()
        return {name: suggestion(name, known) for name in sorted(asked - known)}

    def to_dicts(self) -> list[dict[str, Any]]:
        """Plain dicts: the call's fields and texts (None where erased), ``usage``, ``params`` (values), ``sources``."""
        return [columnar.as_dict(call) for call in columnar.read_ahead(self)]

    def to_arrow(self) -> Any:
        """A pyarrow table: a column for each field, ``input_text`` and ``output_text`` (null where they were erased),
        and ``param.NAME`` and ``source.NAME`` for each parameter.

        Raises:
            ModuleNotFoundError: pyarrow is missing (``pip install 'thence[arrow]'``).
        """
        return columnar.as_arrow(self)

    def to_pandas(self) -> Any:
        """The same as a pandas DataFrame; needs pyarrow and pandas."""
        return self.to_arrow().to_pandas()

    def to_polars(self) -> Any:
        """The same as a polars DataFrame; needs pyarrow and polars."""
        return import_module("polars").from_arrow(self.to_arrow())

    def _with(self, **changes: Any) -> Calls:
        other = Calls(self._store)
        other._choice = replace(self._choice, **changes)
        return other

    def _tracts(self) -> list[str]:
        return self._store.tracts() if self._choice.tract is None else [self._choice.tract]

    def _merged(self, *, newest: bool, limit: int | None) -> Iterator[Call]:
        """The calls of all tracts in one order."""
        within = self._choice.within
        bound = limit if within is None else None
        found = merge(
            *(self._pages(tract, newest=newest, limit=bound) for tract in self._tracts()), key=_age, reverse=newest
        )
        if within is not None:
            found = (call for call in found if (call._row["commit_hash"] or call._row["base"]) in within)
        return islice(found, limit)

    def _kept(self, tract: str) -> dict[str, bool]:
        """The parameters asked for that calls keep for themselves, each with whether configurations have it too."""
        rows = self._store.rows(kept_by_calls(parameter_names(self._choice.where), (tract,)))
        return {row["name"]: bool(row["shared"]) for row in rows}

    def _question(self, tract: str, now: datetime) -> Question:
        return Question(self._choice.where, (tract,), self._kept(tract), now, before=self._choice.before)

    def _pages(self, tract: str, *, newest: bool, limit: int | None) -> Iterator[Call]:
        """The calls of one tract, by the plans of :mod:`thence.store.select`; ``limit`` of them or a few more."""
        page = _PAGE if limit is None else min(limit, _PAGE)
        question = replace(self._question(tract, datetime.now(timezone.utc)), newest=newest, limit=page)
        for recent in _RECENT if newest and limit is not None and question.where is not None else ():
            rows = self._store.rows(replace(question, recent=recent).flat(calls))
            if len(rows) == limit:
                yield from (Call(self._store, row) for row in rows)
                return
            if len(rows) * 16 < page:
                break
        groups = self._store.scalar(question.groups()) if question.can_group else None
        while groups != 0:
            few = groups is not None and groups <= MOST_GROUPS
            dialect = self._store._engine.dialect
            rows = self._store.rows(question.grouped(dialect, calls) if few else question.flat(calls))
            yield from (Call(self._store, row) for row in rows)
            if len(rows) < page:
                return
            question = replace(question, beyond=rows[-1]["id"])


def _moment(moment: Moment) -> Value | datetime | date:
    """A moment as a query takes it."""
    if isinstance(moment, timedelta):
        return Value("ago", moment.total_seconds())
    return read_time(moment) if isinstance(moment, str) else moment


def _age(call: Call) -> tuple[str, str]:
    return call.id, call.tract


def _row(call: Call) -> tuple[str, ...]:
    """A call in a line."""
    params = ", ".join(f"{name}={shown(parameter.value)}" for name, parameter in call.params.items())
    return call.id, f"{call.started_at:%Y-%m-%d %H:%M:%S}", call.status, call.request_model or "", params
