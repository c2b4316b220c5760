"""Ingest: what journals hold, understood and put into the store.

One loop over frames, exactly once, at any time and by whoever comes: a thread beside the program (:class:`Background`),
the first reading (:func:`open_store` wires it to ``Store.flush``), the next start after a crash.

This package is imported in the middle of somebody's first call, so SQLAlchemy is not: it comes in when it is needed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from typing_extensions import TypeVar

from thence.forks import Lock
from thence.ingest.background import Background

if TYPE_CHECKING:
    from thence.ingest.chunk import Report as Report
    from thence.ingest.draining import Ingest as Ingest
    from thence.store import Store

__all__ = ["Background", "Ingest", "Report", "drain", "open_store"]

Opened = TypeVar("Opened", bound="Store", default="Store")
_ingests: WeakKeyDictionary[Any, Ingest] = WeakKeyDictionary()
_lock = Lock()


def drain(store: Store, *, folder: Path | None = None, timeout: float | None = None) -> Report:
    """Take in everything that a journal holds by now; idempotent, resumable.

    Args:
        store: where to.
        folder: the journal's; the store's own, where it is None.
        timeout: seconds after which the rest is left for another time (``Report.complete`` is false then).

    Raises:
        StoreLocked: another process holds the store; nothing is lost, try again.
        StoreError: the store can't be written.
    """
    from thence.ingest.draining import Ingest

    if folder is not None:
        return Ingest(store, folder).drain(timeout)
    with _lock:
        ingest = _ingests.get(store)
        if ingest is None:
            ingest = _ingests[store] = Ingest(store)
    return ingest.drain(timeout)


def open_store(location: str | os.PathLike[str] | None = None, kind: type[Opened] | None = None) -> Opened:
    """Open a store whose ``flush`` takes in what its journal holds. ``kind`` as in :func:`thence.store.open_store`."""
    from thence.store import open_store as opened

    return opened(location, flush=lambda store, timeout: drain(store, timeout=timeout), kind=kind)


def __getattr__(name: str) -> Any:
    if name == "Ingest":
        from thence.ingest.draining import Ingest

        return Ingest
    if name == "Report":
        from thence.ingest.chunk import Report

        return Report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
