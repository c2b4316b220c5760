"""The connections of a store, of which none crosses a fork.

SQLite remembers for its whole process which locks it holds on a file. In a child of a fork that memory is wrong as soon
as its parent had a connection open: the child takes no lock of its own, and what it writes may go to a log that another
process has deleted meanwhile. So before a fork idle connections are closed and those in use are waited for. Where that
does not help (the forking thread itself is in the middle of a transaction, or another one is stuck in one) the child
must not open that file at all, and says so.

A server's connections are left to the parent, which goes on to use them.
"""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from thence import faults, forks
from thence.errors import StoreUnavailable

__all__ = ["FilePool", "followed"]

_Identity = tuple[int, int]
_inherited: set[_Identity] = set()  # files that were in use when this process was forked


class FilePool(QueuePool):
    """Connections to a SQLite file; a fork waits for those that are in use."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_use: dict[ConnectionPoolEntry, object] = {}
        self.path = ""
        forks.follow(self)

    def recreate(self) -> FilePool:
        """Another pool for the same file."""
        made = super().recreate()
        assert isinstance(made, FilePool)
        made.path = self.path
        return made

    def connect(self) -> PoolProxiedConnection:
        """A connection.

        Raises:
            StoreUnavailable: this process was forked while the file was in use.
        """
        if _inherited and _identity(self.path) in _inherited:
            raise StoreUnavailable(
                f"{self.path} was in use when this process was forked",
                hint='fork first and open the store after; or use multiprocessing\'s "spawn"',
            )
        token = forks.enter()
        try:
            connection = super().connect()
            self._in_use[connection._connection_record] = token
        except BaseException:
            forks.leave(token)
            raise
        return connection

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        try:
            super()._do_return_conn(record)
        finally:
            forks.leave(self._in_use.pop(record, None))

    def forked(self) -> None:
        """In the child: a connection that is in use here is the parent's."""
        identity = _identity(self.path) if self._in_use else None
        if identity is not None:
            _inherited.add(identity)


class _Engines:
    """Every engine there is."""

    def __init__(self) -> None:
        self._known: WeakSet[Engine] = WeakSet()
        forks.follow(self)

    def add(self, engine: Engine) -> None:
        self._known.add(engine)

    def forking(self) -> None:
        """Before a fork: close what nobody uses."""
        for engine in list(self._known):
            if isinstance(engine.pool, FilePool) and engine.pool.checkedin():
                with faults.guard("fork"):
                    engine.dispose()

    def forked(self) -> None:
        """In the child: neither use the parent's connections nor close them."""
        for engine in list(self._known):
            with faults.guard("fork"):
                engine.dispose(close=False)


_engines = _Engines()


def followed(engine: Engine) -> Engine:
    """``engine``, none of whose connections crosses a fork from now on."""
    _engines.add(engine)
    return engine


def _identity(path: str) -> _Identity | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - asked at each checkout of a forked child
    except OSError:
        return None
    return status.st_dev, status.st_ino
