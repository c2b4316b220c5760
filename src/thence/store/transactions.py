"""Transactions of those who work by hand: one by one, or several as one.

What a function does here happens whole or not at all, and again where another writer was faster. Within :meth:`batch`
every function shares one transaction, which ends with the batch. A batch belongs to the thread and the task that opened
it, and to the tasks that are started in it: what they do before it ends is a part of it, and goes where it fails. (Were
that their own, they would wait on SQLite for a lock that their own event loop keeps from being let go.) What other
tasks do meanwhile is their own.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from thence.errors import StoreLocked
from thence.store.engine import explained, with_retries
from thence.store.handmade import Moved
from thence.store.history import Stamp, glance
from thence.store.store import Store

__all__ = ["Transactions"]

T = TypeVar("T")

PATIENCE = 30.0  # seconds: SQLite lets whoever asks first in, and of many who wait, one may be out of luck for long
_RACES = 64  # lost in a row, each after a longer rest: more than any number of writers that a branch is for


class _Batch(NamedTuple):
    owner: Transactions
    connection: Connection
    thread: int


_batches: ContextVar[tuple[_Batch, ...]] = ContextVar("thence.batches", default=())


class _Within(Store):
    """A store as a transaction sees it that is not over yet; afterwards, the store."""

    def __init__(self, store: Store, connection: Connection) -> None:
        super().__init__(store._engine)
        self._connection = connection

    def reading(self) -> AbstractContextManager[Connection]:
        """The connection of the transaction."""
        return super().reading() if self._connection.closed else nullcontext(self._connection)


class Transactions:
    """How one holder of a store reads and writes it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def in_batch(self) -> bool:
        """Whether a batch is open here."""
        return self._open() is not None

    @property
    def store(self) -> Store:
        """The store, with what the open batch has done."""
        shared = self._open()
        return self._store if shared is None else _Within(self._store, shared)

    def glance(self, tract: str, ref: str) -> Stamp | None:
        """The stamp of a tract, fast; None in a batch, and where it can't be had like this."""
        return None if self.in_batch else glance(self._store._engine, tract, ref)

    def read(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` reads; all of it at one time.

        Raises:
            StoreLocked, StoreUnavailable, StoreCorrupt: the store can't be read.
        """
        try:
            return with_retries(lambda: self._look(work))
        except SQLAlchemyError as error:
            raise explained(error, self._store._engine.url) from error

    def write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` gives, with all that it wrote stored; it is run again where another writer was faster.

        Raises:
            Conflict: another writer was faster, time after time.
            StoreLocked, StoreUnavailable, StoreCorrupt: the store can't be written.
        """
        shared = self._open()
        until = time.monotonic() + PATIENCE
        for attempt in range(_RACES):
            try:
                return work(shared) if shared is not None else with_retries(lambda: self._once(work))
            except (Moved, IntegrityError) as error:
                if shared is not None or attempt == _RACES - 1:
                    raise error if isinstance(error, Moved) else explained(error, self._store._engine.url) from error
            except SQLAlchemyError as error:
                said = explained(error, self._store._engine.url)
                if shared is not None or not isinstance(said, StoreLocked) or time.monotonic() > until:
                    raise said from error
            time.sleep(random.uniform(0, min(0.05, 0.001 * 2**attempt)))  # noqa: S311 - it only keeps losers apart
        raise AssertionError("unreachable")

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction for all that is done inside; nothing of it is stored where it is left by an exception.

        A batch in a batch is a part of it, which can fail by itself.
        """
        shared = self._open()
        try:
            if shared is not None:
                with shared.begin_nested():
                    yield
                return
            with self._store.writing() as connection:
                token = _batches.set((*_batches.get(), _Batch(self, connection, threading.get_ident())))
                try:
                    yield
                finally:
                    _batches.reset(token)
        except SQLAlchemyError as error:
            raise explained(error, self._store._engine.url) from error

    def _look(self, work: Callable[[Connection], T]) -> T:
        with self.store.reading() as connection:
            return work(connection)

    def _once(self, work: Callable[[Connection], T]) -> T:
        with self._store.writing() as connection:
            return work(connection)

    def _open(self) -> Connection | None:
        thread = threading.get_ident()
        for each in reversed(_batches.get()):
            if each.owner is self and each.thread == thread and not each.connection.closed:
                return each.connection
        return None
