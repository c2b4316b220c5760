"""Rows in columns as wide as they must be, one of which takes what room is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Final, Union

from rich.text import Text

from thence.reading.visible import one_line

__all__ = ["Cell", "grid"]

Cell = Union[str, Text]

_MEASURED: Final = 500  # rows by which columns are measured; those behind are cut to them
_LEAST: Final = 8


def grid(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], width: int, *, elastic: int, right: Sequence[int] = ()
) -> Iterator[Text]:
    """Lines of at most ``width`` cells, where columns are few enough; a line with the columns' names first.

    Args:
        header: the columns' names.
        rows: their cells; control characters are written out here.
        width: cells of a line.
        elastic: the column that is cut where there is no room for all.
        right: columns that are set to the right, as numbers are.
    """
    rest = ([_text(cell) for cell in row] for row in rows)
    first = list(islice(rest, _MEASURED))
    widths = [max([len(name), *(row[column].cell_len for row in first)]) for column, name in enumerate(header)]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    widths[elastic] = max(widths[elastic] - max(over, 0), min(_LEAST, widths[elastic]))
    yield _line([Text(name, "dim") for name in header], widths, right)
    for row in chain(first, rest):
        yield _line(row, widths, right)


def _text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(one_line(cell))


def _line(cells: Sequence[Text], widths: Sequence[int], right: Sequence[int]) -> Text:
    line = Text()
    for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        said = cell.copy()
        said.truncate(width, overflow="ellipsis")
        space = " " * (width - said.cell_len)
        between = "  " if column else ""
        line += Text(between + space if column in right else between) + said
        line += Text("" if column in right else space)
    line.rstrip()
    return line
