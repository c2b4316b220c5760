"""Reading what was recorded, from Python: ``thence.open`` and its store, ``calls``, ``last_call``, ``call_of``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from thence import store
from thence.ingest import open_store
from thence.scope import newest
from thence.store.naming import MAIN
from thence.tract import Tract

if TYPE_CHECKING:
    from thence.store import Call, Calls
    from thence.upkeep import Finding

__all__ = ["Store", "call_of", "calls", "last_call", "open"]

_RECENT = 1_000  # calls among which the one of a stream is looked for, by its request id


class Store(store.Store):
    """A store as users get it: all of :class:`thence.store.Store`, and what the rooms above that one do with it."""

    def tract(self, name: str = MAIN, *, branch: str | None = None) -> Tract:
        """The tract of a name; it need not have anything in it yet."""
        return Tract(self, name, branch=branch)

    def fsck(self) -> list[Finding]:
        """Prove every hash, seal, link and page; what does not hold, and what to do. Empty where all is well."""
        from thence.upkeep import fsck

        return fsck(self)


def open(store: str | os.PathLike[str] | None = None) -> Store:  # noqa: A001 - thence.open, as tarfile.open
    """Open a store, as it is: what only the journal holds yet comes in with :meth:`Store.flush`.

    Args:
        store: path of a SQLite file, a database URL, or None: ``store`` of the settings, else the nearest
            ``.thence/`` upward, else ``./.thence/store.db``.

    Raises:
        ConfigError: the settings, where they are asked, say something impossible.
        StoreError: it can't be opened, or was written by a newer Thence.
    """
    return open_store(store, kind=Store)


def calls(store: str | os.PathLike[str] | None = None, tract: str | None = None) -> Calls:
    """Every call in a store, oldest first, those that only the journal holds yet included.

    Raises:
        StoreError: the store can't be opened.
    """
    opened = open(store)
    opened.flush()
    return opened.calls(tract)


def last_call() -> Call | None:
    """The call that was begun last in this context (this thread, this task); None before the first.

    It is readable as soon as its answer is here; a stream's, when the stream has ended.

    Raises:
        StoreError: the store can't be opened.
    """
    begun = newest.get()
    if begun is None:
        return None
    store, call_id = begun
    opened = open(store)
    opened.flush()
    return opened.call(call_id.hex())


def call_of(response: Any, *, store: str | os.PathLike[str] | None = None) -> Call | None:
    """The call that gave ``response``; None where none is known to have.

    Args:
        response: an SDK's object or stream, or the id that the provider gave its answer.
        store: where to look; by default where this context's newest call went, else as :func:`open`.

    Raises:
        StoreError: the store can't be opened.
    """
    begun = newest.get()
    opened = open(store if store is not None or begun is None else begun[0])
    opened.flush()
    wanted = response if isinstance(response, str) else getattr(response, "id", None)
    if isinstance(wanted, str):
        found = opened.calls().where(response_id=wanted).newest_first(1)
        return next(found, None)
    request = getattr(response, "_request_id", None) or _request_id(getattr(response, "response", response))
    recent = opened.calls().newest_first(_RECENT)
    return next((c for c in recent if request in [a.request_id for a in c.attempts]), None) if request else None


def _request_id(http_response: Any) -> str | None:
    headers = getattr(http_response, "headers", None) or {}
    return headers.get("x-request-id") or headers.get("request-id")
