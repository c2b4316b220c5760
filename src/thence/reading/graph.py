"""Rails that join each entry of a history to the one it follows, as git's log has them.

Theory. Entries come newest first, so each stands above its parent. A *rail* is a column that waits for a parent.
An entry takes the leftmost rail that waits for it, and the other rails that wait for it run into that one; then its
rail waits for its own parent. An entry that no rail waits for is a tip and opens a rail. A root closes its rail, and a
closed rail is used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Row", "rails"]


class Row(NamedTuple):
    """Where one entry stands, and which rails pass it.

    Attributes:
        at: the entry's column.
        above: for each column, whether a rail comes down to the entry's row.
        merging: the columns, besides ``at``, whose rails end in the entry.
        below: for each column, whether a rail goes on below.
    """

    at: int
    above: tuple[bool, ...]
    merging: tuple[int, ...]
    below: tuple[bool, ...]


def rails(entries: Iterable[tuple[str, str | None]]) -> Iterator[Row]:
    """One :class:`Row` for each entry, given as its name and its parent's, newest first."""
    waits: list[str | None] = []
    closed: int | None = None
    for name, parent in entries:
        above = _occupied(waits)
        waiting = [column for column, awaited in enumerate(waits) if awaited == name]
        at = waiting[0] if waiting else _open(waits, closed)
        for column in waiting[1:]:
            waits[column] = None
        waits[at] = parent
        closed = at if parent is None else None
        while waits and waits[-1] is None:
            waits.pop()
        yield Row(at, above, tuple(waiting[1:]), _occupied(waits))


def _occupied(waits: list[str | None]) -> tuple[bool, ...]:
    return tuple(awaited is not None for awaited in waits)


def _open(waits: list[str | None], closed: int | None) -> int:
    """The column of a new rail: not the one that has just been closed, or its entry would look like the parent."""
    free = [column for column, awaited in enumerate(waits) if awaited is None and column != closed]
    if free:
        return free[0]
    waits.extend([None] * (2 if closed == len(waits) else 1))
    return len(waits) - 1
