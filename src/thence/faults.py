"""Faults of Thence itself: counted, logged once a kind, never raised into the code that calls a model.

One guard, used wherever Thence runs inside somebody's call. ``THENCE_STRICT=1`` raises instead, for tests, and
``THENCE_DEBUG=1`` logs every fault, with its traceback. What a signal handler of the program raises while Thence runs
is no fault of Thence, and passes: a time limit is not lost.
"""

from __future__ import annotations

import logging
import os
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

from thence.errors import ThenceError

__all__ = ["counts", "from_outside", "guard", "hide", "is_own", "last", "note", "tell"]

log = logging.getLogger("thence")

# Taken again by a finaliser or a signal handler that runs while the same thread is in here.
_lock = threading.RLock()
_pid = os.getpid()
_counts: Counter[str] = Counter()
_last: dict[str, str] = {}
_hidden: Callable[[str], str] = str
_tell: Callable[[str, str], None] | None = None
_VARARGS = 0x04  # inspect.CO_VARARGS


def _own_lock() -> AbstractContextManager[object]:
    """The lock; a new one in a forked child, whose parent's may be held by a thread that is not there."""
    global _lock, _pid
    if os.getpid() != _pid:
        _pid, _lock = os.getpid(), threading.RLock()
    return _lock


def hide(secrets: Callable[[str], str]) -> None:
    """Pass the text of every fault through ``secrets`` from now on: an exception may quote what it choked on."""
    global _hidden  # noqa: PLW0603 - one log a process
    _hidden = secrets


def tell(write: Callable[[str, str], None]) -> None:
    """Hand the first fault of each kind, as kind and text, to ``write`` too, for whoever asks from outside.

    The text of an exception that is neither Thence's nor the system's may quote what a caller said: its class is given.
    """
    global _tell  # noqa: PLW0603 - one log a process
    _tell = write


def note(kind: str, error: BaseException | str) -> None:
    """Count a fault of ``kind``; the first of its kind is logged, the rest are counted only (but see above).

    Raises:
        BaseException: ``error`` itself, where it is the program's own, or ``THENCE_STRICT`` is set.
    """
    try:
        _noted(kind, error)
    except RecursionError as full:
        if full is error:
            raise
        _counts[kind] += 1  # of the program's stack too little is left to say more


def _noted(kind: str, error: BaseException | str) -> None:
    if isinstance(error, BaseException) and not is_own(error):
        raise error
    said = _said(error)
    with _own_lock():
        _counts[kind] += 1
        first = _counts[kind] == 1
        _last[kind] = said
    traced = _is_set("THENCE_DEBUG")
    if first or traced:
        told = _said(error, traced=True) if traced else f"{said} (counted from now on; see `thence doctor`)"
        with _counted("log of faults"):  # a program's own handler or filter may raise
            log.warning("thence: %s: %s", kind, told)
    if first and _tell is not None:
        with _counted("file of faults"):
            _tell(kind, said if isinstance(error, (str, ThenceError, OSError)) else type(error).__name__)
    if isinstance(error, BaseException) and _is_set("THENCE_STRICT"):
        raise error


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in {"", "0"}


@contextmanager
def _counted(kind: str) -> Iterator[None]:
    """Where a fault can't be told, that is counted; to note it would be to tell again."""
    try:
        yield
    except Exception as error:
        if not is_own(error):
            raise
        with _own_lock():
            _counts[kind] += 1
            _last[kind] = type(error).__name__


def _said(error: BaseException | str, *, traced: bool = False) -> str:
    """A fault's text without secrets, or its traceback; where that can't be had, its class."""
    try:
        if not isinstance(error, BaseException):
            return _hidden(error)
        return _hidden("".join(traceback.format_exception(error)) if traced else f"{type(error).__name__}: {error}")
    except Exception:
        return f"{type(error).__name__}, whose text can't be read or searched for secrets"


def is_own(error: BaseException) -> bool:
    """Whether an exception that came out of Thence's code may be a fault of Thence: no interrupt, none from outside."""
    return isinstance(error, Exception) and not from_outside(error)


def from_outside(error: BaseException) -> bool:
    """Whether a signal handler raised ``error``, in the middle of whatever was running.

    The interpreter hands a handler the frame that it interrupts, and this frame stands before the handler's own in the
    traceback. No other function is called with the frame of its caller.
    """
    step = error.__traceback__
    while step is not None:
        interrupted, step = step.tb_frame, step.tb_next
        if step is not None and any(given is interrupted for given in _arguments(step.tb_frame)):
            return True
    return False


def _arguments(frame: FrameType) -> Iterator[object]:
    """What a function was called with, those that it takes as ``*args`` one by one."""
    code, values = frame.f_code, frame.f_locals
    for name in code.co_varnames[: code.co_argcount]:
        yield values.get(name)
    if code.co_flags & _VARARGS:
        rest = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
        yield from rest if isinstance(rest, tuple) else ()  # a function may give the name another meaning


@contextmanager
def guard(kind: str) -> Iterator[None]:
    """Whatever goes wrong inside is a counted fault of ``kind``, and no exception; what isn't Thence's passes."""
    try:
        yield
    except Exception as error:
        note(kind, error)


def counts() -> dict[str, int]:
    """How many faults of each kind this process has seen."""
    with _own_lock():
        return dict(_counts)


def last() -> dict[str, str]:
    """The newest fault of each kind, as text."""
    with _own_lock():
        return dict(_last)
