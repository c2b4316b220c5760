"""What every round has done before it begins: a round is a fork of a process in which this was imported.

SDKs build their models at the first use of each, and SQLAlchemy its statements. So every way to call is gone through
here once, and a store is read and proven; then all threads are ended, for only a process of one thread may fork.
"""

from __future__ import annotations

import gc
import tempfile
import threading
import time
from pathlib import Path

import psycopg
from sqlalchemy.dialects import postgresql
from tests.torture import asking, checker
from tests.torture.provider import script
from tests.torture.told import told_in

from thence import capture, upkeep, wrapping
from thence.testing import Provider
from thence.tract import Tract

__all__ = ["Tract", "capture", "postgresql", "psycopg", "upkeep"]


def _warm(folder: Path) -> None:
    store = str(folder / "store.db")
    with Provider(script) as running:
        for tasks in (False, True):
            for sdk in ("openai", "anthropic"):
                asks = asking.Asking(
                    folder, f"{sdk}{tasks}", store, running.url, calls=12, threads=1, tasks=tasks, sdks=(sdk,)
                )
                asking.run(asks)
    for sink in wrapping._sinks.values():
        if sink._background is not None:
            sink._background.stop(10)
    wrapping._sinks.clear()
    checker.check(store, told_in(folder))


def _alone(patience: float = 20.0) -> None:
    """Wait until there is no other thread left."""
    until = time.monotonic() + patience
    while threading.active_count() > 1 and time.monotonic() < until:
        gc.collect()
        time.sleep(0.01)
    if threading.active_count() > 1:
        raise RuntimeError(f"threads are left: {threading.enumerate()}")


with tempfile.TemporaryDirectory() as _name:
    _warm(Path(_name))
_alone()
gc.collect()
gc.freeze()  # what is frozen is not walked, and so not copied, in the children
