"""Reading what was recorded, from Python: ``thence.open``, ``calls``, ``last_call``, ``call_of``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from thence.ingest import open_store
from thence.scope import newest

if TYPE_CHECKING:
    from thence.store import Call, Calls, Store

__all__ = ["call_of", "calls", "last_call", "open"]


def open(store: str | os.PathLike[str] | None = None) -> Store:  # noqa: A001 - thence.open, as tarfile.open
    """Open a store.

    Args:
        store: path of a SQLite file, a database URL, or None: ``THENCE_STORE``, else the nearest ``.thence/`` upward, else
            ``./.thence/store.db``.

    Raises:
        StoreError: it can't be opened, or was written by a newer Thence.
    """
    return open_store(store)


def calls(store: str | os.PathLike[str] | None = None, tract: str | None = None) -> Calls:
    """Every call in a store, oldest first, those that only the journal holds yet included.

    Raises:
        StoreError: the store can't be opened.
    """
    return open(store).calls(tract)


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


def call_of(response: Any) -> Call | None:
    """The call that gave ``response``: an SDK's object or stream, or its id; None where no call is known to have.

    Raises:
        StoreError: the store can't be opened.
    """
    wanted = response if isinstance(response, str) else getattr(response, "id", None)
    request = getattr(response, "_request_id", None) or _request_id(getattr(response, "response", None))
    begun = newest.get()
    for call in calls(begun[0] if begun else None).newest_first():
        if wanted is not None and call.response_id == wanted:
            return call
        if request is not None and any(attempt.request_id == request for attempt in call.attempts):
            return call
    return None


def _request_id(http_response: Any) -> str | None:
    headers = getattr(http_response, "headers", None) or {}
    return headers.get("x-request-id") or headers.get("request-id")
