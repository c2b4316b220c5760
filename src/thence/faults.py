"""Faults of Thence itself: counted, logged once a kind, never raised into the code that calls a model.

One guard, used wherever Thence runs inside somebody's call. ``THENCE_STRICT=1`` raises instead, for tests.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["counts", "guard", "last", "note"]

log = logging.getLogger("thence")

_lock = threading.Lock()
_counts: Counter[str] = Counter()
_last: dict[str, str] = {}


def note(kind: str, error: BaseException | str) -> None:
    """Count a fault of ``kind``; the first of its kind is logged, the rest are counted only.

    Raises:
        BaseException: ``error`` itself, where ``THENCE_STRICT`` is set.
    """
    with _lock:
        _counts[kind] += 1
        first = _counts[kind] == 1
        _last[kind] = f"{type(error).__name__}: {error}" if isinstance(error, BaseException) else error
    if first:
        log.warning("thence: %s: %s (counted from now on; see `thence doctor`)", kind, _last[kind])
    if isinstance(error, BaseException) and os.environ.get("THENCE_STRICT", "") not in ("", "0"):
        raise error


@contextmanager
def guard(kind: str) -> Iterator[None]:
    """Whatever goes wrong inside is a counted fault of ``kind``, and no exception. Exits of the process pass."""
    try:
        yield
    except Exception as error:
        note(kind, error)


def counts() -> dict[str, int]:
    """How many faults of each kind this process has seen."""
    with _lock:
        return dict(_counts)


def last() -> dict[str, str]:
    """The newest fault of each kind, as text."""
    with _lock:
        return dict(_last)
