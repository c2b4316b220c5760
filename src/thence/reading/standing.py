"""How a record stands: counts, what waits, and what was lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from thence.journal import folder_for, segments
from thence.reading.facts import does
from thence.reading.values import clock, size_of
from thence.store.naming import tract_id_of
from thence.store.revisions import head_of

if TYPE_CHECKING:
    from pathlib import Path

    from thence.reading.record import Record
    from thence.store import Call

__all__ = ["Standing", "not_yet", "standing"]


@dataclass(frozen=True)
class Standing:
    """Facts of one moment. ``waiting`` are bytes in the journal that are not in the store yet; the store has no
    ``schema`` where it was not made yet.
    """

    store: str
    schema: str | None
    tract: str
    head: str | None
    calls: Mapping[str, int]
    newest: Call | None
    journal: str
    writers: int
    waiting: int
    segments: Sequence[Mapping[str, Any]]

    def lines(self) -> Iterator[tuple[str, str]]:
        """What a person reads, a word and what it says."""
        yield "store", f"{self.store} ({f'schema {self.schema}' if self.schema else 'nothing recorded yet'})"
        yield "tract", f"{self.tract}, {f'HEAD -> {self.head}' if self.head else 'no commits yet'}"
        counts = [f"{count} {name}" for name, count in sorted(self.calls.items())]
        yield "calls", ", ".join(counts) or "none yet"
        if self.newest:
            yield "newest", f"{clock(self.newest.started_at)}  {does(self.newest)}  {self.newest.status}"
        writers = f", {self.writers} being written" if self.writers else ""
        yield "journal", f"{size_of(self.waiting) if self.waiting else 'nothing'} waiting{writers}"

    def losses(self) -> list[str]:
        """What was lost or damaged, one sentence each."""
        kinds = {
            "lost": "records that could not be kept",
            "missing": "records whose number never came",
            "corrupt": "bytes of the journal that changed after they were written",
        }
        totals = {kind: sum(segment[kind] for segment in self.segments) for kind in kinds}
        return [f"{totals[kind]} {said}" for kind, said in kinds.items() if totals[kind]]

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "store": self.store,
            "schema": self.schema,
            "tract": self.tract,
            "head": self.head,
            "calls": dict(self.calls),
            "newest": self.newest.id if self.newest else None,
            "journal": self.journal,
            "waiting": self.waiting,
            "losses": self.losses(),
            "segments": list(self.segments),
        }


def not_yet(store: str, journal_dir: Path | None, tract: str) -> Standing:
    """How a record stands of which there is nothing yet."""
    return Standing(store, None, tract, None, {}, None, str(folder_for(store, journal_dir)), 0, 0, [])


def standing(record: Record) -> Standing:
    """How ``record`` stands now."""
    from thence.errors import NotFound
    from thence.settings import Settings

    facts = record.store.status()
    folder = folder_for(record.store.url, Settings.load().journal_dir)
    positions = {segment["segment"]: segment["position"] for segment in facts["segments"]}
    files = segments(folder)
    newest = next(record.store.calls(record.tract).newest_first(1), None)
    try:
        head: str | None = head_of(record.store, tract_id_of(record.tract))[0]
    except NotFound:
        head = None
    return Standing(
        store=facts["url"],
        schema=facts["schema"],
        tract=record.tract,
        head=head,
        calls=facts["calls"],
        newest=newest,
        journal=str(folder),
        writers=sum(file.alive for file in files),
        waiting=sum(max(file.size - positions.get(file.name, 0), 0) for file in files),
        segments=facts["segments"],
    )
