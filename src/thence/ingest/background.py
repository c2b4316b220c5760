"""The thread that takes the journal into the store while the program runs.

It sleeps until it is woken, then waits a moment more so that many calls make one transaction, and drains. While the
store is locked or gone it tries again, less and less often; nothing is lost meanwhile, it is all in the journal. It is
a daemon, and nothing waits for it: what is not in the store when the program ends gets there at the next reading.

A forked child has no such thread; the first wake in it starts one of its own. A fork waits while this one imports what
it needs, or is in the database.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from thence import faults, forks
from thence.errors import StoreError, StoreTooNew
from thence.ingest.pace import Pace
from thence.pausing import pause

if TYPE_CHECKING:
    from thence.ingest.draining import Ingest
    from thence.journal import Writer

__all__ = ["Background"]

_GATHER = 0.25  # seconds from a wake to the draining that it asks for
_FIRST_PAUSE = 0.5  # seconds after a first failure; doubled after each further one
_LONGEST_PAUSE = 60.0
_UNSETTLED_PAUSE = 5.0  # the same where the store was at hand, but not all could be taken in, or losses not be said


class Background:
    """Drains one store's journal, a moment after each wake.

    Args:
        store: path or URL of the store.
        writer: this process's journal, whose folder is drained.
        gather: seconds to wait for more before draining.
    """

    def __init__(self, store: str, writer: Writer, *, gather: float = _GATHER) -> None:
        self._location = store
        self._writer = writer
        self._gather = gather
        self._woken = threading.Event()
        self._start = forks.Lock()
        self._owner: int | None = None
        self._stopped = False

    def wake(self) -> None:
        """Something was written. Cheap: sets a flag, and starts the thread the first time in a process."""
        if self._owner != os.getpid():
            self._begin()
        if not self._woken.is_set():
            self._woken.set()

    def stop(self, timeout: float = 2.0) -> None:
        """Drain once more and end the thread. Nobody needs to: a program may end as it likes."""
        if self._owner == os.getpid():
            self._stopped = True
            self._woken.set()
            self._thread.join(timeout)
            self._owner = None

    def _begin(self) -> None:
        if not self._start.acquire(blocking=False):
            return  # another thread is at it
        try:
            if self._owner != os.getpid():
                self._stopped = False
                self._woken = threading.Event()
                self._thread = threading.Thread(target=self._run, name="thence-ingest", daemon=True)
                self._thread.start()
                self._owner = os.getpid()
        except RuntimeError:
            pass  # the interpreter is shutting down; the next reading takes in what there is
        finally:
            self._start.release()

    def _run(self) -> None:
        ingest: Ingest | None = None
        delay = 0.0
        while not self._stopped:
            self._woken.wait()
            pause(0 if self._stopped else max(self._gather, delay))
            self._woken.clear()
            if ingest is None and forks.is_ending():
                return
            try:
                if ingest is None or ingest.store.replaced():
                    ingest = self._opened()
                settled = self._writer.settle()
                report = ingest.drain()
            except StoreTooNew as error:
                faults.note("ingest.store", error)
                return
            except Exception as error:
                faults.note("ingest.store" if isinstance(error, StoreError) else "ingest.background", error)
                delay = min(max(_FIRST_PAUSE, delay * 2), _LONGEST_PAUSE)
                self._woken.set()
                continue
            if report.complete and settled:
                delay = 0.0
            else:
                delay = min(max(_FIRST_PAUSE, delay * 2), _UNSETTLED_PAUSE)
                self._woken.set()

    def _opened(self) -> Ingest:
        # SQLAlchemy is imported here, in this thread, and not in the one that makes the first call.
        # The package before its modules: the program may be importing it too, and of two threads that each hold what
        # the other is importing, Python gives one half a module.
        with forks.undivided():
            import thence.store
            from thence.ingest.draining import Ingest
        return Ingest(thence.store.open_store(self._location), self._writer.folder, pace=Pace())
