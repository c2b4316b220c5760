"""The place of one round: a folder, a store, a provider, chance from a seed, and processes that may be killed.

A round runs in a process of its own, which leads a process group: whatever it leaves behind ends with it. It forks its
callers, so that a hundred of them cost less than the import of one SDK.
"""

from __future__ import annotations

import faulthandler
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.torture import asking
from tests.torture.checker import Broken, History, check
from tests.torture.told import SUFFIX, told_in

__all__ = ["Place", "Skip", "wait_for"]

PATIENCE = 240.0  # seconds that anything may take on a loaded machine


class Skip(Exception):
    """This machine can't do that; the message says why."""


@dataclass
class Place:
    """Where a round takes place.

    Attributes:
        folder: of this round alone.
        template: an empty store, made once.
        url: the provider's.
        seed: says all that is left to chance.
        short: the short form.
        store: the store that callers record in: a path or a URL.
        figures: what was measured, by name.
        kills: processes killed with ``kill -9``.
    """

    folder: Path
    template: Path
    url: str
    seed: int
    short: bool = True
    store: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    told: int = 0
    kept: int = 0
    kills: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.store = self.store or str(self.folder / "store.db")

    # -- before

    def begin(self, *, fresh: bool = False) -> None:
        """Put an empty store there; ``fresh``: leave it to the callers to make it."""
        if not fresh:
            shutil.copy(self.template, self.store)

    def asking(self, name: str, **more: Any) -> asking.Asking:
        """What a process asks, in this place."""
        return asking.Asking(self.folder, name, self.store, self.url, **{"seed": self.seed, **more})

    # -- processes

    def ask(self, name: str, **more: Any) -> int:
        """Fork a caller, and give its process id."""
        return self.fork(lambda: asking.run(self.asking(name, **more)))

    def fork(self, work: Callable[[], object]) -> int:
        """Do some work in a forked child, whose standard error is a file; it exits with 1 where the work raised."""
        sys.stderr.flush()
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            said = os.open(self.folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            os.dup2(said, 2)
            faulthandler.enable()
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def kill(self, *pids: int) -> None:
        """Kill -9, and wait until they are gone."""
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            os.waitpid(pid, 0)
            self.kills += 1

    def wait(self, pid: int, patience: float = PATIENCE) -> int:
        """Wait for a child's end, and give its exit code: the signal's number below zero."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.003)
        os.kill(pid, signal.SIGABRT)  # it says on its way where it stood
        os.waitpid(pid, 0)
        raise TimeoutError(f"a process did not end in {patience:.0f} s")

    def wait_all(self, *pids: int, patience: float = PATIENCE) -> None:
        """Wait for children that must end well."""
        for pid in pids:
            code = self.wait(pid, patience)
            if code:
                self.fail("caller", f"a calling process ended with {code}: {self.said()[-1000:]}")

    def wait_told(self, lines: int) -> None:
        """Wait until so many lines were written by callers."""
        wait_for(lambda: sum(path.read_bytes().count(b"\n") for path in self.folder.glob("*" + SUFFIX)) >= lines)

    def said(self) -> str:
        """What children wrote to their standard error."""
        path = self.folder / "stderr"
        return path.read_text(errors="replace") if path.exists() else ""

    # -- afterwards

    def check(self, *, ordered: bool = True, allowed: tuple[str, ...] = (), store: str | None = None) -> History:
        """Compare what was told with what the store holds. All callers must be gone.

        Args:
            ordered: whether the clock stood still enough to ask for the order.
            allowed: kinds of finding that the fault allows, or that it looks at by itself.
            store: which store; the place's own by default.
        """
        history = check(store or self.store, told_in(self.folder), ordered=ordered, seed=self.seed)
        self.told += history.told
        self.kept += history.kept
        self.broken += [broken for broken in history.broken if broken.kind not in allowed]
        return history

    def fail(self, kind: str, said: str) -> None:
        """Note what does not hold."""
        self.broken.append(Broken(kind, said))

    def hold(self, holds: bool, said: str, kind: str = "promise") -> None:
        """Note it where something does not hold."""
        if not holds:
            self.fail(kind, said)

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Measure the seconds of something."""
        began = time.perf_counter()
        yield
        self.figures[name] = time.perf_counter() - began


def wait_for(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it did not become so.
    """
    until = time.monotonic() + patience
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("nothing happened")
        time.sleep(0.003)
