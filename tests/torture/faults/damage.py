"""Bytes that change on the disk: every one of a journal, a thousand of a store."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from tests.torture import asking
from tests.torture.checker import token_in
from tests.torture.place import Place, wait_for
from tests.torture.told import told_in
from tests.torture.trial import Trial
from tests.upkeep.test_fsck import prove

from thence import journal
from thence.ingest import open_store
from thence.journal import Record

__all__ = ["ROWS"]

CALLS = 4
FLIPS = 100  # of a store, in one round


def _recorded(place: Place) -> tuple[Path, bytes]:
    """A journal of a few real calls, as it was while its writer lived: its name and its bytes."""
    folder = journal.folder_for(place.store)
    place.begin()

    def ask() -> None:
        asking.run(place.asking("w", threads=1, calls=CALLS, ways=asking.STREAMS))
        wait_for(lambda: False)  # as long as the writer lives, nobody clears its journal away

    caller = place.fork(ask)
    place.wait_told(2 * CALLS)
    (segment,) = journal.segments(folder)
    content = segment.path.read_bytes()
    place.kill(caller)
    place.told += CALLS
    return segment.path, content


def _parts(path: Path) -> list[tuple[int, bytes, bytes]]:
    return [_part(record) for record in journal.read(path)]


def _part(record: Record) -> tuple[int, bytes, bytes]:
    return record.sequence, record.header, bytes(record.payload)


def journal_bytes(place: Place) -> None:
    """Every byte of a journal changed, and the journal cut at every length; then some of those ingested."""
    path, content = _recorded(place)
    copy = place.folder / path.name
    copy.write_bytes(content)
    whole = _parts(copy)
    step = 5 if place.short else 1
    for at in range(place.seed % step, len(content), step):
        changed = bytearray(content)
        changed[at] ^= place.chance.randrange(1, 256)
        copy.write_bytes(changed)
        found, health = _parts(copy), journal.check(copy)
        place.hold(all(each in whole for each in found), f"byte {at}: a record that nobody wrote", "phantom")
        place.hold(len(found) >= len(whole) - 1, f"byte {at} costs {len(whole) - len(found)} records", "lost")
        said = len(found) == len(whole) or health.corrupt or health.torn_bytes
        place.hold(bool(said), f"byte {at}: a record is gone and nobody says so", "silent")
    ends = [record.end for record in journal.read(_written(copy, content))]
    for length in range(place.seed % step, len(content), step):
        found = _parts(_written(copy, content[:length]))
        place.hold(found == whole[: sum(end <= length for end in ends)], f"cut at {length}", "lost")
    place.figures["bytes"] = len(content)
    for _ in range(2 if place.short else 20):
        _ingested(place, path.name, content)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _ingested(place: Place, name: str, content: bytes) -> None:
    """A damaged journal, taken into a store: nothing is made up, and at most one call is the worse for it."""
    changed = bytearray(content)
    changed[place.chance.randrange(len(content))] ^= place.chance.randrange(1, 256)
    folder = place.folder / f"damaged{place.chance.randrange(1 << 40)}"
    folder.mkdir()
    shutil.copy(place.template, folder / "store.db")
    where = journal.folder_for(str(folder / "store.db"))
    where.mkdir()
    (where / name).write_bytes(changed)
    told = told_in(place.folder)
    with open_store(folder / "store.db") as store:
        store.flush()
        calls = list(store.calls())
        whole = [call for call in calls if call.status == "completed" and token_in(call) in told.turns]
        made_up = [token_in(call) for call in calls if call not in whole and call.status == "completed"]
        place.hold(len(whole) >= CALLS - 1, f"{len(whole)} of {CALLS} calls left", "lost")
        place.hold(len(made_up) <= 1 and len(calls) <= CALLS, f"{made_up}", "phantom")


def store_bytes(place: Place) -> None:
    """Bytes of a store changed, one at a time."""
    place.begin()
    place.wait_all(place.ask("w", threads=2, calls=4, ways=asking.ROUGH))
    place.check()
    connection = sqlite3.connect(place.store, isolation_level=None)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    rounds = 12 if place.short else FLIPS
    named = prove(Path(place.store), place.folder / "flipped.db", rounds, place.seed)
    place.figures |= {"flips": rounds, "named": named}


ROWS = (
    Trial(
        "journal-bytes",
        "every byte of a journal changed, and the journal cut at every length",
        "no record is made up; a changed byte costs the record that it is in, and that is said",
        journal_bytes,
        rounds=2,
        short=1,
    ),
    Trial(
        "store-bytes",
        f"random bytes of a store changed, {FLIPS} a round",
        "`thence fsck` names each, or nothing that can be read is different",
        store_bytes,
        rounds=10,
        short=1,
        patience=600,
    ),
)
