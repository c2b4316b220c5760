"""Engines: how a store's database is reached, and what every connection of it is set to.

SQLite's file is made with mode 0600 before SQLite sees it (its WAL takes the same mode over). Transactions that write
begin with ``BEGIN IMMEDIATE``, so that two writers wait for each other at the door and never fail half-way; those that
read begin with ``BEGIN``. A read-only file is opened as such.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError

from thence.errors import StoreCorrupt, StoreLocked, StoreUnavailable, ThenceError, TimeLimit
from thence.pausing import pause
from thence.store.pool import FilePool, followed

__all__ = ["connect", "explained", "file_id", "reading", "url_of", "with_retries", "write_ahead", "writing"]

BUSY_SECONDS = 5.0
_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_CANCELED = "57014"  # by statement_timeout
_DENIED = "42501"
_ATTEMPTS = 32  # more than any number of writers that one branch is for
_FIRST_REST, _LONGEST_REST = 0.02, 0.5  # seconds

T = TypeVar("T")


def url_of(location: str | os.PathLike[str]) -> URL:
    """The SQLAlchemy URL of a path or URL.

    Raises:
        StoreUnavailable: the text is no URL that SQLAlchemy can read.
    """
    text = os.fspath(location)
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser().absolute()))
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise _Misnamed("the store's URL can't be read", hint="like postgresql+psycopg://host/name") from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url


def connect(url: URL) -> Engine:
    """An engine for ``url``; no connection is made but SQLite's file.

    Raises:
        StoreUnavailable: the folder or file can't be made, the driver is missing, or it is a database of another kind.
    """
    backend = url.get_backend_name()
    if backend == "sqlite":
        return _sqlite(url)
    no_store = _Misnamed(f"no store can be in {url.drivername}", hint="a SQLite file, or postgresql://host/name")
    if backend != "postgresql":
        raise no_store
    try:
        engine = create_engine(url, pool_pre_ping=True, pool_size=4)
    except NoSuchModuleError as error:
        raise no_store from error
    except ImportError as error:
        raise StoreUnavailable(f"its driver is missing: {error}", hint="pip install 'thence[postgres]'") from error
    return followed(engine)


def file_id(url: URL) -> tuple[int, int] | None:
    """Which file a SQLite store is in, as device and inode; None where there is none, or it is no file."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    try:
        status = Path(url.database.removeprefix("file:")).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection in one transaction that sees one state."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A connection in one transaction that may write; on SQLite the only one."""
    return engine.execution_options(thence_writes=True).begin()


def write_ahead(engine: Engine) -> None:
    """Put SQLite's file into WAL mode, for good. It needs the file for itself, and does not wait for it by itself.

    Raises:
        StoreLocked: others read or write it all the time.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            if time.monotonic() > until:
                raise StoreLocked(f"{engine.url.database} is locked by another process") from error
        finally:
            connection.close()
        pause(0.01)


class _Misnamed(StoreUnavailable):
    """A URL that no store can have: what was said is wrong, not what is there."""

    exit_code = 2


def with_retries(work: Callable[[], T]) -> T:
    """``work()``, again where the database asks for it (a serialization failure or a deadlock)."""
    for attempt in range(_ATTEMPTS):
        try:
            return work()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _AGAIN or attempt == _ATTEMPTS - 1:
                raise
            rest(attempt)
    raise AssertionError("unreachable")


def rest(attempt: int) -> None:
    """Wait before the next attempt, longer each time, and hardly ever as long as the others: that keeps them apart."""
    pause(random.uniform(0, min(_LONGEST_REST, _FIRST_REST * 2**attempt)))  # noqa: S311


def explained(error: SQLAlchemyError, url: URL) -> ThenceError:
    """The error of ours that says what ``error`` means for the reader."""
    text = str(getattr(error, "orig", None) or error)
    where = url.render_as_string(hide_password=True)
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if text == "interrupted" or state == _CANCELED:
        return TimeLimit("it took longer than it was given", hint="ask for less: a shorter time, a parameter's value")
    if "locked" in text or "busy" in text:
        return StoreLocked(f"{where} is locked by another process", hint="try again, or see who holds it")
    if state == _DENIED:
        hint = "ask the owner of its tables: thence tenants --admit ROLE=TRACT; or name a tract of yours: THENCE_TRACT"
        return StoreUnavailable(f"{where} does not let this role do that: {text.splitlines()[0]}", hint=hint)
    if isinstance(error, IntegrityError):
        return StoreCorrupt(f"{text.splitlines()[0]}: a row is a part of one that is not there", hint="thence fsck")
    if "not a database" in text or "malformed" in text:
        return StoreCorrupt(f"{where} is damaged: {text}", hint="restore a backup")
    said = f"{where} can't be used: {text.splitlines()[0] if text else type(error).__name__}"
    if url.get_backend_name() == "sqlite":
        return StoreUnavailable(said)
    hint = "is the server up, and are host, name and password right? calls wait in the journal meanwhile"
    return StoreUnavailable(said, hint=hint)


def _sqlite(url: URL) -> Engine:
    path = None if url.database in (None, "", ":memory:") else Path(str(url.database))
    options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS}}
    if path is not None and _prepare(path):
        url = url.set(database=f"file:{path}", query={"mode": "ro", "uri": "true", **_as_it_is(path)})
    if path is None:
        engine = create_engine(url, **options)
    else:
        engine = create_engine(url, poolclass=FilePool, **options)
        assert isinstance(engine.pool, FilePool)
        engine.pool.path = str(path)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin below, not in the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA cache_size = -16000")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("thence_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return followed(engine)


def _prepare(path: Path) -> bool:
    """Make the file where there is none, for its owner alone. True: it can only be read."""
    try:
        _make_folder(path.parent)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except IsADirectoryError as error:
        raise StoreUnavailable(f"{path} is a folder", hint="name a file in it") from error
    except OSError as error:
        if path.is_file() and os.access(path, os.R_OK):
            return True
        raise StoreUnavailable(f"{path} can't be opened: {error.strerror}") from error
    return False


def _as_it_is(path: Path) -> dict[str, str]:
    """For a file in a folder that can't be written, and that nobody has open to write: SQLite is told to ask for no
    lock, for which it would make files beside it.
    """
    is_open = os.path.lexists(f"{path}-wal")
    return {} if is_open or os.access(path.parent, os.W_OK) else {"immutable": "1"}


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.name == ".thence":
        (folder / ".gitignore").write_text("*\n")  # what a model was told is nobody's source code
