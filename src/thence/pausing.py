"""Sleep that is nobody else's.

Programs replace ``time.sleep``: tests of retries do, to count the sleeps and not to wait. They would count those of the
background thread, and it would never rest. So Thence waits for a lock that nobody releases; a library that makes
threads cooperative (gevent) makes this wait so, too.
"""

from __future__ import annotations

from threading import Lock

__all__ = ["pause"]


def pause(seconds: float) -> None:
    """Let this thread sleep for so many seconds; zero is no sleep at all."""
    held = Lock()
    held.acquire()
    held.acquire(timeout=seconds)
