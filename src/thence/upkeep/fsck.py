"""Proof that a store is what was written: every hash, seal and link, every row that another one implies.

Theory. Whatever is read back must be covered by one of these:

- a *hash*: contents, request items, commits and configurations are named by their bytes;
- a *seal*: a call's facts, its parameters and its outcome;
- a *derivation*: parameter rows repeat their story, token counts the verbatim usage, a commit's generation config the
  parameters of the call that gave it, depths the parent's;
- a *mirror*: what none of these covers stands in an index too, and SQLite's own check compares index and table;
- a *structure*: SQLite's check of its pages, and the schema that the migrations make.

So a changed byte is named, or it is one that nothing reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from thence import journal
from thence.hashing import to_text
from thence.lineage import LOOSE
from thence.store import ledger, proof
from thence.upkeep import prove_calls, prove_contents
from thence.upkeep.findings import Finding

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["fsck"]

_MOST = 50  # findings of one check that are told

Check = Callable[[], Iterator[Finding]]


def fsck(store: Store) -> list[Finding]:
    """Everything in a store, and in its journal, that is not as it was written; empty where all is well.

    It reads one state of the store and changes nothing. ``notice`` findings tell of losses that are known already.
    """
    file = store.url.rpartition("/")[2]
    found = _guarded("file", file, None, lambda: _store(store, file), most=10_000)
    return [*found, *_guarded("journal", "", None, lambda: _segments(store))]


def _store(store: Store, file: str) -> Iterator[Finding]:
    with store.reading() as connection:
        yield from _guarded("file", file, None, lambda: _file(connection, file))
        yield from _guarded("schema", file, None, lambda: _schema(connection))
        for tract in proof.known_tracts(connection):
            for check in _OF_A_TRACT:
                yield from _guarded(check.__name__, "", tract, partial(check, connection, tract))
        yield from _guarded("ledger", "", None, lambda: _losses(connection))


def _guarded(kind: str, name: str, tract: str | None, check: Check, most: int = _MOST) -> list[Finding]:
    """What a check finds. One that breaks off over damaged bytes has found them: that is what it is for."""
    found: list[Finding] = []
    try:
        for finding in check():
            if len(found) == most:
                found.append(Finding(finding.kind, "...", "and more of this kind", finding.remedy, tract))
                break
            found.append(finding)
    except Exception as error:
        said = (str(error).splitlines() or [""])[0]
        found.append(Finding(kind, name, f"can't be read: {type(error).__name__}: {said}", tract=tract))
    return found


def _file(connection: Any, file: str) -> Iterator[Finding]:
    for said in proof.file_faults(connection):
        yield Finding("file", file, said)


def _schema(connection: Any) -> Iterator[Finding]:
    for said in proof.schema_faults(connection):
        yield Finding("schema", said.partition(" ")[0], said)


def _links(connection: Any, tract: str) -> Iterator[Finding]:
    for link in proof.dangling(connection, tract, frozenset({LOOSE})):
        said = f"{link.column} of {link.table} {link.row} names {to_text(link.target)}, which is not in {link.missing}"
        yield Finding("link", to_text(link.target), said, tract=tract)
    for call in proof.unclaimed(connection, tract):
        yield Finding("call", call.hex(), "is in flight, and no journal is said to hold it", tract=tract)


_OF_A_TRACT = (
    prove_contents.blobs,
    prove_contents.forms,
    prove_contents.commits,
    prove_contents.configs,
    prove_calls.calls,
    _links,
)


def _losses(connection: Any) -> Iterator[Finding]:
    for place in ledger.places(connection).values():
        lost = {name: getattr(place, name) for name in ("corrupt", "torn", "lost", "missing") if getattr(place, name)}
        if lost:
            unit = {"corrupt": "bytes", "torn": "bytes"}
            said = ", ".join(f"{count} {unit.get(name, 'records')} {name}" for name, count in lost.items())
            yield Finding("journal", place.segment, said, "nothing: it can't be had back", level="notice")


def _segments(store: Store) -> Iterator[Finding]:
    for segment in journal.segments(journal.folder_for(store.url)):
        health = journal.check(segment.path)
        if health.corrupt:
            size = sum(end - start for start, end in health.corrupt)
            yield Finding(
                "journal", segment.name, f"{size} bytes have changed since they were written", "thence ingest"
            )
        elif health.torn_bytes and not segment.alive:
            said = f"its last record broke off: {health.torn_bytes} bytes"
            yield Finding("journal", segment.name, said, "thence ingest", level="notice")
