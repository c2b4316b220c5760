"""Work in a forked child, told by its exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

__all__ = ["forked"]


def forked(work: Callable[[], object], seconds: int = 60) -> int:
    """Do some work in a forked child, and give its exit code: 0 if the answer was true, -SIGALRM if it hung."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        code = 70
        try:
            code = 0 if work() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
