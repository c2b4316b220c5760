"""What has to happen when a process forks, so that nothing half done crosses over.

Theory. A child has one thread and a copy of all else: the locks that other threads held, the modules they were in the
middle of importing, and SQLite's memory of what its process has locked. In the child none of that changes any more. It
would wait for ever, meet half a module, or rely on a lock that it does not have. So

- whatever has a lock, a file or a queue *follows*: its ``forked()`` makes it new in the child, before anything else;
- what can't be made new is done *undivided*: a fork waits until no other thread is at it, ``PATIENCE`` seconds at most,
  and then whatever follows lets go of what must not be shared, in its ``forking()``.

The hooks are set when there is the first to follow, once a process. Nobody's fork fails because of them.

The end of the interpreter is like a fork: daemon threads stop wherever they are. One that is in the middle of an
import may hold the lock of all imports, and a finaliser that imports anything would wait for ever. So the end waits for
imports too; for transactions it does not, which a kill undoes.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol
from weakref import WeakSet

__all__ = ["Lock", "enter", "follow", "is_ending", "leave", "undivided"]

PATIENCE: Final = 10.0
"""Seconds. Imports and transactions are over sooner, and a stranger's lock on the store is given up after five."""


AT_EXIT: Final = 2.0
"""Seconds that the end of the interpreter waits at most."""


class _Forked(Protocol):
    def forked(self) -> None: ...


class _Gate:
    """Who is at something undivided, and whether a fork is waiting for them."""

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.inside: dict[object, int] = {}  # token -> thread
        self.importing: set[object] = set()  # tokens
        self.forking: list[int] = []  # threads
        self.ending = False

    def others(self) -> bool:
        """Whether another thread is inside."""
        me = threading.get_ident()
        return any(thread != me for thread in self.inside.values())

    def barred(self) -> bool:
        """Whether this thread has to wait for a fork: not the one that forks, nor one that the fork waits for."""
        me = threading.get_ident()
        return bool(self.forking) and me not in self.forking and me not in self.inside.values()


_followed: WeakSet[_Forked] = WeakSet()
_gate = _Gate()
_hooked = False


def follow(one: _Forked) -> None:
    """Call ``one.forked()`` in every child of this process, as long as ``one`` lives; before the fork ``forking()``."""
    _hook()
    _followed.add(one)


def enter() -> object:
    """Begin something undivided. What is returned ends it, from whatever thread: see :func:`leave`."""
    _hook()
    token, gate = object(), _gate
    with gate.changed:
        while gate.barred():
            gate.changed.wait(PATIENCE)
        gate.inside[token] = threading.get_ident()
    return token


def leave(token: object) -> None:
    """End what :func:`enter` began."""
    gate = _gate
    with gate.changed:
        gate.inside.pop(token, None)
        gate.changed.notify_all()


@contextmanager
def undivided() -> Iterator[None]:
    """Imports that are made inside are made before a fork, or after it; and not cut off by the interpreter's end."""
    token, gate = enter(), _gate
    gate.importing.add(token)
    try:
        yield
    finally:
        gate.importing.discard(token)
        leave(token)


def is_ending() -> bool:
    """Whether the interpreter ends: what has not begun to import need not begin."""
    return _gate.ending


class Lock:
    """A lock that is free in a child: the thread that held it is not there."""

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self.forked()
        follow(self)

    def forked(self) -> None:
        """In the child."""
        self._lock = threading.Lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As a :class:`threading.Lock` does."""
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        """As a :class:`threading.Lock` does; nothing in a child of the holder, where it is free."""
        with suppress(RuntimeError):
            self._lock.release()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


def _hook() -> None:
    global _hooked  # noqa: PLW0603 - a hook can't be taken back, so it is set once a process
    if not _hooked:
        _hooked = True
        os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
        atexit.register(_at_exit)


def _at_exit() -> None:
    gate, me = _gate, threading.get_ident()
    until = time.monotonic() + AT_EXIT
    with gate.changed:
        gate.ending = True
        while any(gate.inside.get(token, me) != me for token in gate.importing):
            if (left := until - time.monotonic()) <= 0:
                return
            gate.changed.wait(left)


def _before() -> None:
    gate = _gate
    until = time.monotonic() + PATIENCE
    with gate.changed:
        gate.forking.append(threading.get_ident())
        while gate.others() and (left := until - time.monotonic()) > 0:
            gate.changed.wait(left)
    for one in list(_followed):
        if hasattr(one, "forking"):
            one.forking()
    gate.changed.acquire()  # a lock that is held by the thread that goes on in both


def _in_parent() -> None:
    gate = _gate
    gate.forking.remove(threading.get_ident())
    gate.changed.notify_all()
    gate.changed.release()


def _in_child() -> None:
    global _gate  # noqa: PLW0603
    mine = {token: thread for token, thread in _gate.inside.items() if thread == threading.get_ident()}
    _gate = _Gate()
    _gate.inside = mine
    for one in list(_followed):
        one.forked()
