"""The newest entries of a history: each message of the contexts once, and each call that no message answers.

They are found from the newest calls and refs downward, so the work is in what is shown, not in the depth of the
history. A call without an answer (a failure, an embedding) is a leaf of its own below what it was asked in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from thence.reading.record import Record
    from thence.store import Call, CommitInfo

__all__ = ["Entry", "newest_entries"]


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


def newest_entries(record: Record, calls: list[Call], tips: list[CommitInfo], limit: int) -> Iterator[Entry]:
    """At most ``limit`` entries, newest first: ``calls``, ``tips``, and what is before them."""
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
