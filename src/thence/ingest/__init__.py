"""Ingest: what journals hold, understood and put into the store.

One loop over frames, exactly once, at any time and by whoever comes: a thread beside the program (:class:`Background`),
the first reading (:func:`open_store` wires it to ``Store.flush``), the next start after a crash.
"""

from __future__ import annotations

import os
import threading
from weakref import WeakKeyDictionary

from thence.ingest.chunk import Report
from thence.ingest.drain import Ingest
from thence.store import Store
from thence.store import open_store as _open

__all__ = ["Ingest", "Report", "drain", "open_store"]

_ingests: WeakKeyDictionary[Store, Ingest] = WeakKeyDictionary()
_lock = threading.Lock()


def drain(store: Store, *, timeout: float | None = None) -> Report:
    """Take in everything that the store's journal holds by now; idempotent, resumable.

    Args:
        store: where to.
        timeout: seconds after which the rest is left for another time (``Report.complete`` is false then).

    Raises:
        StoreLocked: another process holds the store; nothing is lost, try again.
        StoreError: the store can't be written.
    """
    with _lock:
        ingest = _ingests.get(store)
        if ingest is None:
            ingest = _ingests[store] = Ingest(store)
    return ingest.drain(timeout)


def open_store(location: str | os.PathLike[str] | None = None) -> Store:
    """Open a store whose ``flush`` takes in what its journal holds: what users get from ``thence.open``."""
    return _open(location, flush=lambda store, timeout: drain(store, timeout=timeout))
