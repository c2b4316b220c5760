"""A store whose every transaction ends in time: for readers that somebody else's questions reach."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, event

if TYPE_CHECKING:
    from thence.store.store import Store

__all__ = ["bound"]

_STEPS: Final = 10_000  # of SQLite's machine between two looks at the clock


def bound(store: Store, seconds: float) -> None:
    """From now on, what takes longer than ``seconds`` in one transaction ends in :class:`~thence.errors.TimeLimit`."""
    engine = store._engine

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if engine.dialect.name != "sqlite":
            limit = str(max(int(seconds * 1000), 1))
            connection.exec_driver_sql("SELECT set_config('statement_timeout', %s, true)", (limit,))
            return
        until = time.monotonic() + seconds
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
