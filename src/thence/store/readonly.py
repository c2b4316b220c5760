"""A user's own SQL on the store: one statement, read-only, bounded in time.

That it only reads is the database's own promise, not a look at the text: SQLite opens the file read-only, and its
authorizer refuses to attach other files; PostgreSQL runs it in a read-only transaction, prepared, so that it is one
statement. The time is bounded by SQLite's progress callback and by PostgreSQL's ``statement_timeout``.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from thence import forks
from thence.errors import QueryError, StoreCorrupt, StoreLocked, ThenceError, TimeLimit
from thence.hashing import to_text
from thence.store.engine import explained
from thence.store.schema import metadata

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = ["Table", "asked"]

_TABLES: Final = f"the tables are {', '.join(sorted(metadata.tables))}"
_STEPS: Final = 10_000  # of SQLite's machine between two looks at the clock
_LARGEST: Final = 1 << 28  # bytes of one value: as many as a record may have
_HASH: Final = 33  # bytes: version and sha256
_ALLOWED: Final = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_LOOKS: Final = frozenset({"table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"})
_CANCELED: Final = "57014"
_FORBIDDEN: Final = "25006"


class Table:
    """What a statement gives: the columns' names, each once, and rows as they come."""

    def __init__(self, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> None:
        self.columns = columns
        self.rows = rows


@contextmanager
def asked(store: Store, statement: str, seconds: float) -> Iterator[Table]:
    """The answer to one statement. Hashes and ids come as text.

    Raises:
        QueryError: the statement can't be read, or would write.
        TimeLimit: it took longer than ``seconds``, its rows' reading included.
        StoreError: the store can't be read.
    """
    answer = _sqlite if store._engine.dialect.name == "sqlite" else _postgresql
    with answer(store, statement, seconds) as table:
        if not table.columns:
            raise QueryError("that asks for nothing", hint="say a statement: SELECT, WITH, VALUES")
        yield Table(_told_apart(table.columns), (tuple(map(_plain, row)) for row in table.rows))


@contextmanager
def _sqlite(store: Store, statement: str, seconds: float) -> Iterator[Table]:
    url = store._engine.url
    path = quote(str(Path(str(url.database).removeprefix("file:"))))
    as_it_is = "&immutable=1" if "immutable" in url.query else ""
    until = time.monotonic() + seconds
    token = forks.enter()
    connection = sqlite3.connect(f"file:{path}?mode=ro{as_it_is}", uri=True, timeout=min(seconds, 5.0))
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.set_authorizer(_authorized)
        if sys.version_info >= (3, 11):  # within one function nobody looks at the clock
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST)
        connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
        cursor = connection.execute(statement)
        yield Table([column[0] for column in cursor.description or ()], cursor)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _sqlite_error(error, seconds) from error
    finally:
        connection.close()
        forks.leave(token)


def _authorized(action: int, one: str | None, *_: Any) -> int:
    if action in _ALLOWED or (action == sqlite3.SQLITE_PRAGMA and one in _LOOKS):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _sqlite_error(error: Exception, seconds: float) -> ThenceError:
    said = str(error)
    if said == "interrupted":
        return TimeLimit(f"it took longer than {seconds:g} s", hint="--timeout gives it more")
    if "locked" in said:
        return StoreLocked("the store is locked by another process", hint="try again")
    if "malformed" in said or "not a database" in said:
        return StoreCorrupt(said, hint="thence fsck")
    if "not authorized" in said or "prohibited" in said or "readonly" in said:
        return QueryError("only reading is allowed here", hint="SELECT, WITH, VALUES")
    return QueryError(said, hint=None if "one statement" in said else _TABLES)


@contextmanager
def _postgresql(store: Store, statement: str, seconds: float) -> Iterator[Table]:
    engine = store._engine.execution_options(postgresql_readonly=True)
    try:
        with engine.connect() as connection:
            limit = str(max(int(seconds * 1000), 1))
            connection.exec_driver_sql("SELECT set_config('statement_timeout', %s, false)", (limit,))
            try:
                cursor = connection.connection.cursor()
                cursor.execute(statement, prepare=True)
                yield Table([column[0] for column in cursor.description or ()], iter(cursor.fetchone, None))
            finally:
                connection.invalidate()  # whatever was set stays behind
    except SQLAlchemyError as error:
        raise explained(error, store._engine.url) from error
    except Exception as error:
        state = getattr(error, "sqlstate", None)
        if state is None:
            raise
        if state == _CANCELED:
            raise TimeLimit(f"it took longer than {seconds:g} s", hint="--timeout gives it more") from error
        said = "only reading is allowed here" if state == _FORBIDDEN else str(error).partition("\n")[0]
        raise QueryError(said, hint=_TABLES) from error


def _told_apart(names: list[str]) -> list[str]:
    """The names; one that comes again with a number behind it, for a row that is read by names would lose a cell."""
    found: list[str] = []
    for name in names:
        told, number = name, 2
        while told in found or (told != name and told in names):
            told, number = f"{name}_{number}", number + 1
        found.append(told)
    return found


def _plain(value: Any) -> Any:
    if not isinstance(value, (bytes, memoryview)):
        return value
    held = bytes(value)
    return to_text(held) if len(held) == _HASH else held.hex()
