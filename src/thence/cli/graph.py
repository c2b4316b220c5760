"""Lines that join each entry of a history to the one it follows, drawn as git draws them.

Theory. Entries come newest first, so each stands above its parent. A *rail* is a column that waits for a parent.
An entry takes the leftmost rail that waits for it, and the other rails that wait for it are drawn in first (``|/``);
then its rail waits for its own parent. An entry that no rail waits for is a tip and opens a rail. A root closes its
rail, and a closed rail is used again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = ["Drawn", "draw"]


class Drawn(NamedTuple):
    """What stands at the left of one entry.

    Attributes:
        joins: whole lines above the entry's own, where rails come together.
        mark: the beginning of the entry's own line.
        below: the beginning of further lines of the same entry.
    """

    joins: list[str]
    mark: str
    below: str


def draw(entries: Iterable[tuple[str, str | None]], mark: str = "*") -> Iterator[Drawn]:
    """One :class:`Drawn` for each entry, given as its name and its parent's, newest first."""
    rails: list[str | None] = []
    closed: int | None = None
    for name, parent in entries:
        waiting = [column for column, awaited in enumerate(rails) if awaited == name]
        at = waiting[0] if waiting else _open(rails, closed)
        joins = []
        while len(waiting) > 1:
            column = waiting.pop()
            rails[column] = None
            joins.append(_joined(rails, waiting[-1], column))
        rails[at] = name
        line = _line(rails, {2 * at: mark})
        rails[at] = parent
        closed = at if parent is None else None
        while rails and rails[-1] is None:
            rails.pop()
        yield Drawn(joins, line, _line(rails, {}))


def _open(rails: list[str | None], closed: int | None) -> int:
    """The column of a new rail: not the one that has just been closed, or its entry would look like the parent."""
    free = [column for column, awaited in enumerate(rails) if awaited is None and column != closed]
    if free:
        return free[0]
    rails.extend([None] * (2 if closed == len(rails) else 1))
    return len(rails) - 1


def _line(rails: list[str | None], special: dict[int, str]) -> str:
    cells = [" "] * (2 * len(rails))
    for column, awaited in enumerate(rails):
        if awaited is not None:
            cells[2 * column] = "|"
    for position, cell in special.items():
        cells[position] = cell
    return "".join(cells).rstrip()


def _joined(rails: list[str | None], at: int, column: int) -> str:
    """The line on which the rail at ``column`` runs into the one at ``at``."""
    bridge = {position: "_" for position in range(2 * at + 1, 2 * column - 1) if position % 2}
    empty = {2 * between: "_" for between in range(at + 1, column) if rails[between] is None}
    return _line([*rails, None][: max(len(rails), column + 1)], {**bridge, **empty, 2 * column - 1: "/"})
