"""The calls of a store, as an iterable: oldest first, read in pages, the heavy parts of each on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select

from thence.store import queries
from thence.store.call import Call
from thence.store.schema import calls

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = ["Calls"]

_PAGE = 256


class Calls:
    """Calls, oldest first. Iterating reads what is there then; ``len`` counts it.

    Args:
        store: where they are.
        tract: the id of one tract; all, where it is None.
        newest: only that many of the newest.
    """

    def __init__(self, store: Store, tract: str | None = None, newest: int | None = None) -> None:
        self._store = store
        self._tract = tract
        self._newest = newest

    def __iter__(self) -> Iterator[Call]:
        if self._newest is not None:
            yield from reversed(list(self.newest_first(self._newest)))
        else:
            yield from merge(*(self._pages(tract, queries.calls_oldest_first) for tract in self._tracts()), key=_age)

    def newest_first(self, limit: int | None = None) -> Iterator[Call]:
        """The same calls, the other way round."""
        pages = (self._pages(tract, queries.calls_newest_first, limit) for tract in self._tracts())
        yield from islice(merge(*pages, key=_age, reverse=True), limit)

    def _tracts(self) -> list[str]:
        return self._store.tracts() if self._tract is None else [self._tract]

    def _pages(self, tract: str, query: Callable[..., Select[Any]], limit: int | None = None) -> Iterator[Call]:
        """The calls of one tract, in the order of ``query``."""
        page = _PAGE if limit is None else min(limit, _PAGE)
        reached: str | None = None
        while True:
            rows = self._store.rows(query(tract, reached).limit(page))
            for row in rows:
                yield Call(self._store, row)
            if len(rows) < page:
                return
            reached = rows[-1]["id"]

    def last(self, count: int) -> Calls:
        """Only the newest ``count``."""
        return Calls(self._store, self._tract, count)

    def __len__(self) -> int:
        query = select(func.count()).select_from(calls)
        if self._tract is not None:
            query = query.where(calls.c.tract_id == self._tract)
        total = int(self._store.scalar(query))
        return total if self._newest is None else min(total, self._newest)

    def __getitem__(self, index: int) -> Call:
        """The call at an index, as of a list; cheap near either end."""
        if index < 0:
            found = list(self.newest_first(-index))
            if len(found) < -index:
                raise IndexError("no so many calls")
            return found[-1]
        for number, call in enumerate(self):
            if number == index:
                return call
        raise IndexError("no so many calls")

    def __bool__(self) -> bool:
        return next(self.newest_first(1), None) is not None


def _age(call: Call) -> tuple[str, str]:
    return call.id, call.tract
