"""What upkeep changes: rows taken away, contents blanked, calls wiped, the file itself written anew."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, LargeBinary, Table, and_, delete, insert, or_, select, text, type_coerce, update
from sqlalchemy.exc import SQLAlchemyError

from thence.errors import StoreLocked, StoreUnavailable
from thence.store.engine import explained
from thence.store.identity import new_id
from thence.store.schema import annotated, answers, calls, commits, erasures, metadata, reflog, tracts
from thence.store.sealing import seal_of

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = [
    "alone",
    "begin_erasure",
    "blank",
    "copy_file",
    "drop",
    "drop_tract",
    "end_erasure",
    "expire_moves",
    "file_of",
    "hold",
    "renew",
    "rewrite_file",
    "set_columns",
    "step_erasure",
    "unfinished_erasures",
    "unmark",
    "wipe_call",
]

_CHUNK = 5_000
_KEPT_OF_A_CALL = frozenset({"tract_id", "id", "started_at", "base", "commit_hash", "attempt_count", "status", "seal"})
_FILES = """SELECT c.oid, pg_relation_filenode(c.oid), c.relname
            FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
            WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
            AND coalesce(p.relname, c.relname) = ANY (:names)"""
_OWN = "SELECT CAST(pg_current_xact_id() AS text)"
# A table is written anew without what no snapshot can see, this role's own included: so every transaction of the server
# counts that has written (it holds back each new snapshot), and of the snapshots taken before those of this database.
_WATCHING = """SELECT pg_snapshot_xmin(pg_current_snapshot()) < CAST(:own AS xid8) OR EXISTS (
               SELECT 1 FROM pg_stat_activity WHERE coalesce(datname, current_database()) = current_database()
               AND pid <> pg_backend_pid() AND age(backend_xmin) > age(CAST(CAST(:own AS xid8) AS xid)))"""
_UNSAMPLE = """SELECT pg_clear_attribute_stats(schemaname, tablename, attname, inherited) FROM pg_stats
               WHERE schemaname = current_schema() AND tablename = ANY (:names)"""
_OWNER = "nothing is left of it in the rows; as the owner of the tables: thence erase --resume"
_HELD = "another process reads the store all the time"
_SEEN = "another transaction, which may stand in any database of the server, still sees what was erased"
_PATIENCE = 30.0  # seconds for which the file is waited for


def alone(connection: Connection, tract: str) -> None:
    """:func:`hold` a tract; and what is deleted is gone from the pages of a SQLite file, too."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    hold(connection, tract)


def hold(connection: Connection, tract: str) -> None:
    """Let nobody else store rows until this transaction ends, and void what writers remember of the tract.

    A writer's transaction begins with the ledger or the tract's row, and looks at the epoch after that: it either ends
    before this one goes on, or sees the new epoch. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE ingested, blobs, commits, forms, calls, refs IN SHARE ROW EXCLUSIVE MODE"))
    renew(connection, tract)


def renew(connection: Connection, tract: str) -> None:
    """Raise a tract's epoch: what anybody remembers of it is void."""
    connection.execute(update(tracts).where(tracts.c.tract_id == tract).values(epoch=tracts.c.epoch + 1))


def drop(connection: Connection, table: Table, tract: str, column: str, names: Collection[bytes]) -> int:
    """Delete the rows of these names; how many there were."""
    count = 0
    for chunk in _chunks(names):
        gone = connection.execute(delete(table).where(table.c.tract_id == tract, table.c[column].in_(chunk)))
        count += gone.rowcount
    return count


def blank(connection: Connection, table: Table, tract: str, names: Collection[bytes]) -> None:
    """Take the bodies of blobs or forms away; their names stay."""
    empty: dict[str, Any] = {"body": None, "codec": "erased"}
    if "bases" in table.c:
        empty["bases"] = None
    for chunk in _chunks(names):
        connection.execute(update(table).where(table.c.tract_id == tract, table.c.hash.in_(chunk)).values(empty))


def unmark(connection: Connection, tract: str, names: Collection[bytes]) -> None:
    """Take away what is said of commits beside their content: configuration, metadata, messages, notes."""
    said: dict[str, Any] = dict.fromkeys(("generation_config_json", "metadata_json", "message", "produced_at"))
    for chunk in _chunks(names):
        connection.execute(update(commits).where(commits.c.tract_id == tract, commits.c.hash.in_(chunk)).values(said))
        here = and_(annotated.c.tract_id == tract, annotated.c.commit_hash.in_(chunk))
        connection.execute(update(annotated).where(here).values(note=None))


def set_columns(
    connection: Connection, table: Table, tract: str, key: str, name: bytes, values: Mapping[str, Any]
) -> None:
    """Set columns of one row."""
    connection.execute(update(table).where(table.c.tract_id == tract, table.c[key] == name).values(values))


def wipe_call(connection: Connection, tract: str, call: bytes) -> None:
    """Leave of a call its id, its time and its place in the history."""
    here = and_(calls.c.tract_id == tract, calls.c.id == call)
    row = connection.execute(select(calls).where(here)).mappings().one()
    said = select(type_coerce(answers.c.commit_hash, LargeBinary)).where(
        answers.c.tract_id == tract, answers.c.call_id == call
    )
    names = connection.scalars(said.order_by(answers.c.choice, answers.c.position))
    empty = {name: None if name not in _KEPT_OF_A_CALL else row[name] for name in row}
    empty |= {"status": "erased", "attempt_count": 0}
    empty["seal"] = seal_of(empty, [bytes(name) for name in names], (), None)
    connection.execute(update(calls).where(here).values(empty))


def expire_moves(connection: Connection, tract: str, dead: Collection[bytes]) -> None:
    """Forget the moves of branches from or to commits that go."""
    for chunk in _chunks(dead):
        there = or_(reflog.c.old.in_(chunk), reflog.c.new.in_(chunk))
        connection.execute(delete(reflog).where(reflog.c.tract_id == tract, there))


def drop_tract(connection: Connection, tract: str, *, but: Collection[Table] = ()) -> None:
    """Delete every row of a tract."""
    for table in reversed(metadata.sorted_tables):
        if table not in but:
            connection.execute(delete(table).where(table.c.tract_id == tract))


def begin_erasure(connection: Connection, tract: str, kind: str, ids: Iterable[bytes], names: Iterable[bytes]) -> bytes:
    """Write down that something is to be erased; its id."""
    name = new_id()
    row = {"tract_id": tract, "id": name, "kind": kind, "calls": b"".join(ids), "commits": b"".join(names)}
    connection.execute(insert(erasures), {**row, "step": "rows", "began_at": time.time_ns(), "ended_at": None})
    return name


def step_erasure(connection: Connection, tract: str, erasure: bytes, step: str) -> None:
    """Write down how far an erasure is."""
    set_columns(connection, erasures, tract, "id", erasure, {"step": step})


def end_erasure(connection: Connection, tract: str, erasure: bytes, kind: str) -> None:
    """Write down that an erasure is done; of a tract not even that is kept, since its name may say whose it was."""
    here = and_(erasures.c.tract_id == tract, erasures.c.id == erasure)
    if kind == "tract":
        connection.execute(delete(erasures).where(here))
    else:
        done = {"step": "done", "calls": None, "commits": None, "ended_at": time.time_ns()}
        connection.execute(update(erasures).where(here).values(done))


def unfinished_erasures(connection: Connection) -> list[dict[str, Any]]:
    """Erasures that were begun and not ended, oldest first."""
    columns = [erasures.c.tract_id, type_coerce(erasures.c.id, LargeBinary).label("id")]
    columns += [erasures.c[name] for name in ("kind", "calls", "commits", "step")]
    query = select(*columns).where(erasures.c.ended_at.is_(None)).order_by(erasures.c.id)
    return [
        {**row, "id": bytes(row["id"]), "calls": bytes(row["calls"] or b""), "commits": bytes(row["commits"] or b"")}
        for row in connection.execute(query).mappings()
    ]


def file_of(store: Store) -> Path | None:
    """The file of a SQLite store; None for a server's and one in memory."""
    url = store._engine.url
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(url.database.removeprefix("file:"))


def rewrite_file(store: Store) -> None:
    """Write the whole file anew, so that nothing is left where rows once were, and empty the write-ahead log.

    Raises:
        StoreLocked: others read or write all the time, or a transaction on the server doesn't end.
        StoreUnavailable: a server's tables are another role's.
    """
    until = time.monotonic() + _PATIENCE
    own = _transaction_of_now(store)
    while True:
        try:
            if _rewritten(store, own):
                return
        except SQLAlchemyError as error:
            said = explained(error, store._engine.url)
            if not isinstance(said, StoreLocked) or time.monotonic() > until:
                raise said from error
        if time.monotonic() > until:
            raise StoreLocked(_HELD if own is None else _SEEN, hint="end it, then: thence erase --resume")
        time.sleep(0.05)


def _transaction_of_now(store: Store) -> str | None:
    """On a server, the number that a transaction has now: what was deleted has an older one."""
    if store._engine.dialect.name != "postgresql":
        return None
    with store._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        return str(connection.scalar(text(_OWN)))


def _rewritten(store: Store, own: str | None) -> bool:
    engine = store._engine.execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if own is not None:
            if connection.scalar(text(_WATCHING), {"own": own}):
                return False
            _rewrite_tables(connection)
            return True
        connection.rollback()
        driver = connection.connection.driver_connection
        driver.execute("PRAGMA secure_delete = ON")
        driver.execute("VACUUM")
        (busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy


def _rewrite_tables(connection: Connection) -> None:
    """Write a server's tables anew, and what it has sampled of their values for its plans."""
    names = {"names": list(metadata.tables)}
    before = {tuple(row) for row in connection.execute(text(_FILES), names)}
    connection.execute(text("VACUUM FULL " + ", ".join(metadata.tables)))
    after = {tuple(row) for row in connection.execute(text(_FILES), names)}
    if before & after:
        raise StoreUnavailable("the tables are not this role's to write anew", hint=_OWNER)
    if connection.scalar(text("SELECT to_regprocedure('pg_clear_attribute_stats(text,text,text,boolean)')")):
        connection.execute(text(_UNSAMPLE), {"names": [row[2] for row in after] + names["names"]})
    connection.execute(text("ANALYZE " + ", ".join(metadata.tables)))
    connection.execute(text("VACUUM FULL pg_statistic"))


def copy_file(store: Store, destination: Path, progress: Callable[[int, int], object] | None = None) -> None:
    """Copy a SQLite store, while others go on writing, into a file that nobody has seen half done.

    Raises:
        StoreUnavailable: the destination can't be written.
    """
    unfinished = destination.with_name(f".{destination.name}.{os.getpid()}")
    try:
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(unfinished)) as copy, store.reading() as connection:
            source = connection.connection.driver_connection
            assert source is not None
            report = (lambda _, left, pages: progress(pages - left, pages)) if progress else None
            source.backup(copy, pages=1024 if progress else -1, progress=report)
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        for suffix in ("-wal", "-shm"):  # of the file that was there, left by who was killed: not of the copy
            destination.with_name(destination.name + suffix).unlink(missing_ok=True)
        unfinished.replace(destination)
    except OSError as error:
        raise StoreUnavailable(f"{destination} can't be written: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _chunks(names: Collection[bytes]) -> Iterable[list[bytes]]:
    ordered = sorted(names)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
