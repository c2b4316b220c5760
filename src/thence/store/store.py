"""A store, opened: what users hold, and what everything above it reads and writes through.

It holds an engine and a few small caches, and nothing else: statements are in ``queries``, exact bytes in ``exact``,
revisions in ``revisions``, writing in ``writing``.
"""

from __future__ import annotations

import os
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

from sqlalchemy import Connection, Executable, event
from sqlalchemy.exc import DataError, SQLAlchemyError
from typing_extensions import Self, TypeVar

from thence.errors import NotFound, StoreCorrupt
from thence.params import ResolvedConfig
from thence.query.check import limited
from thence.settings import Settings
from thence.store import exact, ledger, migrations, queries, revisions
from thence.store.call import Call
from thence.store.calls import Calls
from thence.store.configuration import read_config, read_parameters
from thence.store.engine import connect, explained, file_id, reading, url_of, with_retries, writing
from thence.store.naming import MAIN, tract_id_of
from thence.store.records import CommitInfo
from thence.store.schema import call_parameters
from thence.store.shared import configurations
from thence.store.writing import Transaction
from thence.store.writing import commit as commit_transaction

__all__ = ["Store", "open_store"]

_CONFIGURATIONS = 256

Row = Mapping[str, Any]
Flush = Callable[["Store", "float | None"], object]
T = TypeVar("T")
Opened = TypeVar("Opened", bound="Store", default="Store")


def open_store(
    location: str | os.PathLike[str] | None = None, *, flush: Flush | None = None, kind: type[Opened] | None = None
) -> Opened:
    """Open a store, making or migrating its tables where needed.

    Args:
        location: a path, an SQLAlchemy URL, or None: what the settings say (:class:`thence.settings.Settings`).
        flush: takes in what journals hold, for :meth:`Store.flush` (:func:`thence.ingest.drain`).
        kind: the class that is made: :class:`Store`, or one that adds to it what rooms above this one can do.

    Raises:
        ConfigError: the settings, where they are asked, say something impossible.
        StoreUnavailable: it can't be opened or made.
        StoreTooNew: it was written by a newer Thence. Nothing in it is changed.
        StoreLocked, StoreCorrupt: what they say.
    """
    engine = connect(url_of(Settings.load().store if location is None else location))
    try:
        migrations.bring_up_to_date(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise explained(error, engine.url) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged schema, as the driver itself says it
        engine.dispose()
        raise StoreCorrupt(f"{engine.url.database} is damaged: {error}", hint="restore a backup") from error
    except BaseException:
        engine.dispose()
        raise
    return (kind or cast("type[Opened]", Store))(engine, flush)


class Store:
    """One database of tracts. A context manager; safe to share between threads. See :func:`open_store`."""

    def __init__(self, engine: Any, flush: Flush | None = None) -> None:
        self._engine = engine
        self._flush = flush
        self._file = file_id(engine.url)
        self._configurations: OrderedDict[tuple[str, str], ResolvedConfig] = OrderedDict()

    # -- for everybody

    @property
    def url(self) -> str:
        """Its SQLAlchemy URL, without a password."""
        return str(self._engine.url.render_as_string(hide_password=True))

    def calls(self, tract: str | None = None) -> Calls:
        """The calls of one tract, or of all, oldest first."""
        return Calls(self, None if tract is None else tract_id_of(tract))

    def call(self, id_or_prefix: str) -> Call:
        """A call by its id, or by a prefix that only it has.

        Raises:
            NotFound: no call's id begins like this.
            AmbiguousRevision: several do.
        """
        return Call(self, revisions.call_row(self, id_or_prefix))

    def resolve(self, revision: str, tract: str | None = None) -> Call | CommitInfo:
        """What a revision names: ``HEAD``, ``HEAD~2``, a branch or tag, a commit's hash or a call's id, whole or cut.

        Raises:
            NotFound: nothing.
            AmbiguousRevision: several things.
        """
        return revisions.resolve(self, revision, tract_id_of(tract))

    def walk(self, commit: CommitInfo, limit: int | None = None) -> list[CommitInfo]:
        """A commit and those before it, newest first; one statement, however many there are.

        Raises:
            QueryError: the limit is less than 0, or no number.
        """
        limit = limited(limit)
        if limit == 0:
            return []
        return [CommitInfo(self, row) for row in self.rows(queries.ancestors(commit.tract, commit.hash, limit))]

    def calls_of(self, commit: CommitInfo) -> list[Call]:
        """The calls that answered with a commit, newest first."""
        return [Call(self, row) for row in self.rows(queries.calls_of_commit(commit.tract, commit.hash))]

    def refs(self, tract: str | None = None) -> list[Row]:
        """Branches and tags, the last moved first: ``name``, ``kind``, ``commit_hash``, ``moved_at``."""
        return self.rows(queries.branches(tract_id_of(tract)))

    def reflog(self, name: str = MAIN, tract: str | None = None) -> list[Row]:
        """Where a branch was, newest first: ``old``, ``new``, ``action``, ``message``, ``moved_at``."""
        return self.rows(queries.moves(tract_id_of(tract), name))

    def tracts(self) -> list[str]:
        """The ids of the tracts."""
        return sorted(row["tract_id"] for row in self.rows(queries.heads()))

    def status(self) -> dict[str, Any]:
        """Facts: ``url``, ``schema``, ``calls`` by status, ``segments`` (see :class:`thence.store.ledger.Place`)."""
        with self.reading() as connection:
            return {
                "url": self.url,
                "schema": migrations.revision_of(connection),
                "tracts": self.tracts(),
                "calls": {row[0]: row[1] for row in connection.execute(queries.counts())},
                "segments": [place._asdict() for place in ledger.places(connection).values()],
            }

    def flush(self, timeout: float | None = None) -> Any:
        """Take in what journals hold; for ``timeout`` seconds at most, where it is given.

        Returns:
            What was taken in, and whether that was all (``complete``).

        Raises:
            StoreError: the store can't be written or reached.
        """
        return self._flush(self, timeout) if self._flush else None

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Store {self.url}>"

    # -- for what stands on it

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one state."""
        return reading(self._engine)

    @contextmanager
    def asked(self) -> Iterator[Connection]:
        """As :meth:`reading`, with errors of ours; what the database has against a value stays a ``DataError``.

        Raises:
            StoreLocked, StoreUnavailable, StoreCorrupt: it can't be read.
            TimeLimit: the server takes longer than it lets a statement take.
        """
        try:
            with self.reading() as connection:
                yield connection
        except DataError:
            raise
        except SQLAlchemyError as error:
            raise explained(error, self._engine.url) from error

    def writing(self) -> AbstractContextManager[Connection]:
        """A connection that may write: short, and on SQLite alone."""
        return writing(self._engine)

    def write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` gives in a transaction of its own; begun again where the database could not keep others apart.

        Raises:
            StoreLocked, StoreUnavailable, StoreCorrupt: the store can't be written; nothing was.
        """
        try:
            return with_retries(lambda: self._write(work))
        except SQLAlchemyError as error:
            raise explained(error, self._engine.url) from error

    def _write(self, work: Callable[[Connection], T]) -> T:
        with self.writing() as connection:
            return work(connection)

    def apply(self, transaction: Transaction) -> bool:
        """Store a transaction of ingest; see :func:`thence.store.writing.commit`."""
        return commit_transaction(self._engine, transaction)

    def after_statements(self, work: Callable[[], object]) -> None:
        """Have ``work`` done after every statement, for as long as the store is open."""
        event.listen(self._engine, "after_cursor_execute", lambda *_: work())

    def retired(self, segment: str) -> None:
        """Say in the ledger that a segment's file is gone."""
        self.write(lambda connection: ledger.retire(connection, segment))

    def replaced(self) -> bool:
        """Whether the file is not the one that was opened: somebody has deleted it, or put another in its place."""
        return file_id(self._engine.url) != self._file

    def rows(self, query: Executable) -> list[Row]:
        """The rows of a query, as mappings.

        Raises:
            StoreLocked, StoreUnavailable, StoreCorrupt: it can't be read.
        """
        try:
            return with_retries(lambda: self._rows(query))
        except SQLAlchemyError as error:
            raise explained(error, self._engine.url) from error

    def _rows(self, query: Executable) -> list[Row]:
        with self.reading() as connection:
            return [*connection.execute(query).mappings()]

    def scalar(self, query: Executable) -> Any:
        """The one value of a query."""
        return next(iter(self.rows(query)[0].values()))

    # -- what records load

    def blob(self, tract: str, name: str) -> bytes:
        """The exact bytes of a blob."""
        with self.reading() as connection:
            return exact.blobs_of(connection, tract, [name])[name]

    def commit(self, tract: str, name: str) -> CommitInfo:
        """A commit by its hash.

        Raises:
            NotFound: there is none.
        """
        found = self.rows(queries.named_commits(tract, [name]))
        if not found:
            raise NotFound(f"no commit {name} in {tract}")
        return CommitInfo(self, found[0])

    def params(self, row: Row) -> ResolvedConfig:
        """The parameters of the call in a row."""
        own = call_parameters.c
        with self.reading() as connection:
            shared = self._shared(connection, row["tract_id"], row["configuration_hash"])
            query = own.record.table.select().where(
                own.tract_id == row["tract_id"], own.call_id == row["id"], own.path == ""
            )
            mine = read_parameters(bytes(each.record) for each in connection.execute(query))
        return ResolvedConfig([*shared.values(), *mine]) if mine else shared

    def _shared(self, connection: Connection, tract: str, name: str | None) -> ResolvedConfig:
        """A configuration: the parameters that calls share."""
        return ResolvedConfig() if name is None else self._configs(connection, tract, [name])[name]

    def _configs(self, connection: Connection, tract: str, names: Iterable[str]) -> dict[str, ResolvedConfig]:
        """Configurations by their hash."""
        found = {name: self._configurations.get((tract, name)) for name in names}
        known = {name: config for name, config in found.items() if config is not None}
        read = configurations(connection, tract, found.keys() - known.keys())
        self._configurations.update({(tract, name): config for name, config in read.items()})
        while len(self._configurations) > _CONFIGURATIONS:
            self._configurations.popitem(last=False)
        return known | read

    def request(self, row: Row) -> bytes | None:
        """The exact request body of the call in a row; None where it was not kept."""
        with self.reading() as connection:
            return exact.request_of(connection, row)

    def answers(self, row: Row) -> list[list[CommitInfo]]:
        """The answer commits of the call in a row, a list for each choice."""
        choices: dict[int, list[CommitInfo]] = {}
        for each in self.rows(queries.answers_of(row["tract_id"], row["id"])):
            choices.setdefault(each["choice"], []).append(CommitInfo(self, each))
        return list(choices.values())

    def rereads(self, row: Row) -> bool:
        """Whether the call in a row only reads an answer whose usage another call has told before."""
        return bool(self.rows(queries.reread(row["tract_id"], row["id"])))

    def config_of(self, text: str | None, tract: str) -> dict[str, Any] | None:
        """The generation config that a commit's JSON text says."""
        return None if text is None else read_config(text, lambda name: self.blob(tract, name))
