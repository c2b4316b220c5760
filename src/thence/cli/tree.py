"""``thence log --graph``: the context as a tree, each message once, with the calls at the answers that they gave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from thence.cli.graph import draw
from thence.cli.lines import call_line, commit_line
from thence.reading.entries import newest_entries
from thence.reading.record import is_call

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.store import Call

__all__ = ["tree"]

_RAILS = "green"


def tree(record: Record, calls: list[Call], limit: int, width: int, *, tips: bool = True) -> Iterator[Text]:
    """At most ``limit`` entries with the lines that join them, newest first: ``calls``, where ``tips`` is true branches
    and tags too, and what is before them.
    """
    answered: dict[str, list[Call]] = {}
    for call in calls:
        if call.commit:
            answered.setdefault(call.commit.hash, []).append(call)
    entries = list(newest_entries(record, calls, record.tips() if tips else [], limit))
    for entry, drawn in zip(entries, draw((entry.name, entry.parent) for entry in entries), strict=True):
        yield from (Text(line, _RAILS) for line in drawn.joins)
        mark = drawn.mark.replace("*", "o") if is_call(entry.of) else drawn.mark
        left = Text(f"{mark} ", _RAILS)
        room = width - left.cell_len
        if is_call(entry.of):
            yield left + call_line(entry.of, [], room)
        else:
            refs = record.names_of(entry.of)
            yield left + commit_line(entry.of, refs, answered.get(entry.name, []), room)
