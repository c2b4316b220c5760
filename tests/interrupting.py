"""An interrupt in the middle of Thence, as a signal handler's exception may come before any line of it."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import thence

__all__ = ["interrupted"]

PACKAGE = str(Path(thence.__file__).parent)


def interrupted(within: CodeType, step: int, work: Callable[[], object]) -> bool:
    """Do some work, with a ``KeyboardInterrupt`` before the ``step``-th line of Thence's that is run within a function.

    Before a ``with`` none comes: the line is passed again on the way out, where the interpreter looks for no signal.

    Returns:
        Whether it came: the function may have fewer lines.
    """
    lines = depth = 0

    def entered(frame: FrameType, _event: str, _argument: Any) -> Any:
        nonlocal depth
        if frame.f_code is within:
            depth += 1
        return passed if depth and frame.f_code.co_filename.startswith(PACKAGE) else None

    def passed(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal depth, lines
        if event == "return" and frame.f_code is within:
            depth -= 1
        elif event == "line" and not linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith(
            "with "
        ):
            lines += 1
            if lines == step:
                sys.settrace(None)
                raise KeyboardInterrupt
        return passed

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def _is_with(frame: FrameType) -> bool:
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with ")
