"""How the background thread stays out of the way of the program's own threads.

Python runs one thread at a time. One that works in Python code keeps the interpreter for 5 ms whenever another asks for
it, and whoever reads a socket or writes a file lets go of it each time: a callback of an event loop that does so six
times can be held for 30 ms. A thread that lets go of it often, but for a moment only, is worse: who waits is woken,
finds it taken again, and begins to wait anew. So this one sleeps after each half millisecond of work, for long enough
that whoever waits is served.
"""

from __future__ import annotations

import time

from thence.pausing import pause

__all__ = ["Pace"]

_WORK = 0.0005  # seconds of this thread's CPU
_REST = 0.0001  # seconds; what the system makes of it is half as much again


class Pace:
    """Of one thread."""

    def __init__(self) -> None:
        self._since = 0.0

    def rest(self) -> None:
        """Let others run, if it is time to. For places between two pieces of work."""
        if time.thread_time() - self._since > _WORK:
            pause(_REST)
            self._since = time.thread_time()
