"""An interrupt in the middle of Thence, as a signal handler's exception may come before any line of it."""

from __future__ import annotations

import linecache
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import thence

__all__ = ["interrupted"]

PACKAGE = str(Path(thence.__file__).parent)


def interrupted(
    within: CodeType, step: int, work: Callable[[], object], kind: type[BaseException] = KeyboardInterrupt
) -> BaseException | None:
    """Do some work, with a signal before the ``step``-th line of Thence's that is run within a function.

    Its handler raises a ``kind``. Before a ``with`` no signal comes: the line is passed again on the way out, where the
    interpreter looks for none.

    Returns:
        What came out of the work; None where no signal came, because the function has fewer lines.
    """
    lines = depth = 0

    def handler(*_: object) -> None:
        raise kind("from a signal handler")

    def entered(frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal depth
        if frame.f_code is within:
            depth += 1
        return passed if depth and frame.f_code.co_filename.startswith(PACKAGE) else None

    def passed(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal depth, lines
        if event == "return" and frame.f_code is within:
            depth -= 1
        elif event == "line" and not _is_with(frame):
            lines += 1
            if lines == step:
                sys.settrace(None)
                signal.raise_signal(signal.SIGUSR1)
        return passed

    before, handled = sys.gettrace(), signal.signal(signal.SIGUSR1, handler)
    sys.settrace(entered)
    try:
        work()
    except BaseException as error:
        return error
    finally:
        sys.settrace(before)
        signal.signal(signal.SIGUSR1, handled)
    assert lines < step, "the signal came, and what its handler raised was lost"
    return None


def _is_with(frame: FrameType) -> bool:
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with ")
