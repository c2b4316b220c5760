"""The rails of a history in characters, as git draws them; rails that run together are drawn as ``|/``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from thence.reading.graph import Row, rails

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
    for row in rails(entries):
        there = [*row.above, *[False] * (row.at + 1 - len(row.above))]
        joins = list(_joins(there, row))
        there[row.at] = True
        yield Drawn(joins, _line(there, {2 * row.at: mark}), _line(row.below, {}))


def _joins(there: list[bool], row: Row) -> Iterator[str]:
    """The lines on which rails end, the rightmost first; ``there`` loses them."""
    ending = [row.at, *row.merging]
    while len(ending) > 1:
        column = ending.pop()
        there[column] = False
        yield _joined(there, ending[-1], column)


def _line(there: Iterable[bool], special: dict[int, str]) -> str:
    cells = [cell for occupied in there for cell in ("|" if occupied else " ", " ")]
    for position, cell in special.items():
        cells[position] = cell
    return "".join(cells).rstrip()


def _joined(there: list[bool], at: int, column: int) -> str:
    """The line on which the rail at ``column`` runs into the one at ``at``."""
    bridge = {position: "_" for position in range(2 * at + 1, 2 * column - 1) if position % 2}
    empty = {2 * between: "_" for between in range(at + 1, column) if not there[between]}
    return _line([*there, False][: max(len(there), column + 1)], {**bridge, **empty, 2 * column - 1: "/"})
