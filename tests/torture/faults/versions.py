"""Stores of other versions: newer than the program, and of past releases."""

from __future__ import annotations

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.torture import asking
from tests.torture.faults.killing import arm
from tests.torture.place import Place
from tests.torture.told import told_in
from tests.torture.trial import Trial
from tests.upkeep.stores import earlier

from thence.errors import StoreTooNew
from thence.ingest import open_store
from thence.store.migrations import REVISIONS

__all__ = ["ROWS"]


def newer_store(place: Place) -> None:
    """A program meets a store of a later version; later it is brought up to date."""
    place.begin()
    _revise(place.store, "9999")
    before = Path(place.store).read_bytes()
    place.wait_all(place.ask("w", threads=2, calls=6, ways=asking.ROUGH))
    place.hold(Path(place.store).read_bytes() == before, "a newer store was written")
    place.hold(not _opens(place.store), "a newer store was opened")
    _revise(place.store, REVISIONS[-1])
    place.check()


def _revise(store: str, revision: str) -> None:
    connection = sqlite3.connect(store)
    connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _opens(store: str) -> bool:
    try:
        open_store(store).close()
    except StoreTooNew:
        return False
    return True


def old_stores(place: Place) -> None:
    """A store of an earlier schema: one process is killed half-way through its migration, then several come at once."""
    earlier(Path(place.store), REVISIONS[place.seed // 4 % (len(REVISIONS) - 1)])
    with closing(sqlite3.connect(place.store)) as connection:
        (old,) = connection.execute("SELECT count(*) FROM calls").fetchone()
    target, when = [
        ("thence.store.migrations:_upgrade", "before"),
        ("thence.store.migrations:_upgrade", "after"),
        ("alembic.operations:Operations.create_index", "before"),
        ("thence.store.migrations:write_ahead", "after"),
    ][place.seed % 4]

    def migrate() -> None:
        arm(target, when, 1)
        open_store(place.store).close()

    code = place.wait(place.fork(migrate))
    place.hold(code in (-signal.SIGKILL, 0), f"the migration ended with {code}")
    place.kills += code == -signal.SIGKILL
    place.wait_all(*(place.ask(f"w{number}", threads=2, calls=4) for number in range(2)))
    history = place.check(allowed=("phantom",))
    told = len(told_in(place.folder).turns)
    place.hold(history.kept == told + old, f"{history.kept} calls, {told} of them new, {old} old ones", "lost")


ROWS = (
    Trial(
        "newer-store",
        "a store of a later version than the program",
        "not a byte of it is written; the journal keeps what is called, until it can be taken in",
        newer_store,
        rounds=8,
        short=1,
    ),
    Trial(
        "old-stores",
        "a store of each earlier schema, a migration killed half-way, then two programs at once",
        "it is migrated once, with all that it held",
        old_stores,
        rounds=16,
        short=1,
    ),
)
