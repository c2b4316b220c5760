"""True erasure: no byte of what was said is left in the store, its write-ahead log or its journal.

An erasure is written down before it begins and goes by steps, each of which may be repeated: *rows* (one transaction),
*journal* (segments that live on are overwritten), *file* (written anew, so that nothing is left where rows once were).
One that was interrupted is finished by the next, or by :func:`resume`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from thence import journal
from thence.hashing import from_text
from thence.ingest import drain
from thence.store import changing, ledger
from thence.store.naming import tract_id_of
from thence.store.schema import erasures
from thence.upkeep.blotting import blot
from thence.upkeep.erasing import commits_of, erase_rows
from thence.upkeep.reach import links_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from thence.store import Call, CommitInfo, Store

__all__ = ["Erased", "erase", "erase_steps", "resume"]

_ID, _HASH = 16, 33


@dataclass
class Erased:
    """What was erased.

    Attributes:
        calls, commits: how many.
        in_flight: ids of calls that have not ended, and can't be erased before.
        elsewhere: journals of other hosts that hold segments of this store: to be ingested there, by
            ``thence ingest``, when their programs have ended.
    """

    calls: int = 0
    commits: int = 0
    in_flight: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def erase(
    store: Store, *, calls: Iterable[Call] = (), commits: Iterable[CommitInfo] = (), tract: str | None = None
) -> Erased:
    """Erase calls, the content of commits, or a whole tract, for good.

    Calls: a query's (all calls of one person: ``store.calls().where(user="u-17")``). Each goes with its answer, its
    parameters, and what no call but those that continue it was asked with. Its id, its time and the hashes stay.

    Commits: their content goes from wherever their tract has it. The hashes stay.

    Tract: everything in it goes.

    Raises:
        StoreLocked: others use the store all the time. What was begun is finished by :func:`resume`.
        StoreUnavailable: the store, or its journal, can't be written.
    """
    report = Erased()
    for _ in erase_steps(store, calls=calls, commits=commits, tract=tract, report=report):
        pass
    return report


def erase_steps(
    store: Store,
    *,
    calls: Iterable[Call] = (),
    commits: Iterable[CommitInfo] = (),
    tract: str | None = None,
    report: Erased | None = None,
) -> Iterator[str]:
    """The same, telling each step when it is done."""
    report = Erased() if report is None else report
    drain(store)
    yield "drained"
    chosen = _chosen(calls, report)
    named: dict[str, set[bytes]] = {}
    for commit in commits:
        named.setdefault(commit.tract, set()).add(from_text(commit.hash))
    store.write(partial(_write_down, chosen=chosen, named=named, tract=tract, report=report))
    yield "written down"
    yield from _finish(store, report)


def _write_down(
    connection: Connection,
    chosen: dict[str, set[bytes]],
    named: dict[str, set[bytes]],
    tract: str | None,
    report: Erased,
) -> None:
    """Say in the store what is to be erased, before anything is."""
    report.calls = report.commits = 0
    for each, ids in chosen.items():
        going = commits_of(links_of(connection, each), ids)
        changing.begin_erasure(connection, each, "calls", sorted(ids), sorted(going))
        report.calls += len(ids)
        report.commits += len(going)
    for each, names in named.items():
        changing.begin_erasure(connection, each, "commits", (), sorted(names))
        report.commits += len(names)
    if tract is not None:
        links = links_of(connection, tract_id_of(tract))
        changing.begin_erasure(connection, tract_id_of(tract), "tract", (), ())
        report.calls += len(links.calls)
        report.commits += len(links.parents)


def resume(store: Store) -> Erased:
    """Finish the erasures that were interrupted; nothing, where there are none."""
    report = Erased()
    for _ in _finish(store, report):
        pass
    return report


def _chosen(calls: Iterable[Call], report: Erased) -> dict[str, set[bytes]]:
    """The ids of calls that have ended, by tract."""
    found: dict[str, set[bytes]] = {}
    for call in calls:
        if call.status == "pending":
            report.in_flight.append(call.id)
        elif call.status != "erased":
            found.setdefault(call.tract, set()).add(uuid.UUID(call.id).bytes)
    return found


def _finish(store: Store, report: Erased) -> Iterator[str]:
    with store.reading() as connection:
        waiting = changing.unfinished_erasures(connection)
    if not waiting:
        return
    for erasure in waiting:
        if erasure["step"] == "rows":
            store.write(partial(_rows, erasure=erasure))
            yield f"rows of {erasure['tract_id']}"
    for segment in _journal(store, report):
        yield f"journal {segment}"
    store.write(partial(_all_at, waiting=waiting))
    yield "journal"
    changing.rewrite_file(store)
    yield "file"
    store.write(partial(_ended, waiting=waiting))
    changing.rewrite_file(store)  # of the note itself: the name of a tract may say whose it was
    yield "done"


def _all_at(connection: Connection, waiting: list[dict[str, Any]]) -> None:
    for erasure in waiting:
        changing.step_erasure(connection, erasure["tract_id"], erasure["id"], "file")


def _ended(connection: Connection, waiting: list[dict[str, Any]]) -> None:
    for erasure in waiting:
        changing.end_erasure(connection, erasure["tract_id"], erasure["id"], erasure["kind"])


def _rows(connection: Connection, erasure: dict[str, Any]) -> None:
    tract = erasure["tract_id"]
    if erasure["kind"] == "tract":
        changing.alone(connection, tract)
        changing.drop_tract(connection, tract, but=(erasures,))
    else:
        calls, commits = _split(erasure["calls"], _ID), _split(erasure["commits"], _HASH)
        erase_rows(connection, tract, calls, commits, everywhere=erasure["kind"] == "commits")
    changing.step_erasure(connection, tract, erasure["id"], "journal")


def _split(packed: bytes, size: int) -> set[bytes]:
    return {packed[at : at + size] for at in range(0, len(packed), size)}


def _journal(store: Store, report: Erased) -> Iterator[str]:
    """Overwrite what the store has of the segments that are still there."""
    folder = journal.folder_for(store.url)
    here = {segment.name: segment for segment in journal.segments(folder)}
    with store.reading() as connection:
        places = ledger.places(connection)
        waiting = [
            call
            for place in {each.journal for each in places.values()}
            for call in ledger.open_in(connection, place).values()
        ]
    for name, place in places.items():
        if name in here:
            keep = [_extent(here[name], call.position) for call in waiting if call.segment == name]
            blot(here[name].path, place.position, keep, place.sequence)
            yield name
        elif (
            not place.retired
            and place.journal.partition(":")[2] != str(folder)
            and place.journal not in report.elsewhere
        ):
            report.elsewhere.append(place.journal)


def _extent(segment: journal.Segment, position: int) -> tuple[int, int]:
    """Where a record begins and ends."""
    record = next(journal.read(segment.path, position), None)
    return position, record.end if record and record.offset == position else position
