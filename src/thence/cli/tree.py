"""``thence log --graph``: the context as a tree, each message once, with the calls at the answers that they gave.

The newest commits are found from the newest calls and refs downward, so the work is in what is shown, not in the depth
of the history. A call without an answer (a failure, an embedding) is a leaf of its own below what it was asked in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from thence.cli.graph import draw
from thence.cli.lines import call_line, commit_line
from thence.cli.record import is_call

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.store import Call, CommitInfo

__all__ = ["tree"]

_RAILS = "green"


class Entry(NamedTuple):
    """One line of the tree: a commit, or a call that no commit answers."""

    name: str
    parent: str | None
    at: datetime
    depth: int
    of: CommitInfo | Call

    def __lt__(self, other: tuple[object, ...]) -> bool:
        """Newer first; of the same moment, the deeper."""
        assert isinstance(other, Entry)
        return (self.at, self.depth, self.name) > (other.at, other.depth, other.name)


def tree(record: Record, calls: list[Call], limit: int, width: int, *, tips: bool = True) -> Iterator[Text]:
    """At most ``limit`` entries with the lines that join them, newest first: ``calls``, where ``tips`` is true branches
    and tags too, and what is before them.
    """
    answered: dict[str, list[Call]] = {}
    for call in calls:
        if call.commit:
            answered.setdefault(call.commit.hash, []).append(call)
    entries = list(_newest(record, calls, record.tips() if tips else [], limit))
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


def _newest(record: Record, calls: list[Call], tips: list[CommitInfo], limit: int) -> Iterator[Entry]:
    heap = [_of_call(call) if call.commit is None else _of_commit(call.commit) for call in calls]
    heap += [_of_commit(commit) for commit in tips]
    heapify(heap)
    seen: set[str] = set()
    while heap and len(seen) < limit:
        entry = heappop(heap)
        if entry.name in seen:
            continue
        seen.add(entry.name)
        yield entry
        if entry.parent is not None:
            heappush(heap, _of_commit(record.commit(entry.parent)))


def _of_commit(commit: CommitInfo) -> Entry:
    return Entry(commit.hash, commit.parent, commit.created_at, commit.depth, commit)


def _of_call(call: Call) -> Entry:
    base = call.base
    return Entry(call.id, base.hash if base else None, call.started_at, base.depth + 1 if base else 0, call)
