"""Forks: amid threads that call, with multiprocessing in its three ways, and of processes that fork again."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

from tests.torture import asking
from tests.torture.place import Place
from tests.torture.trial import Trial

__all__ = ["ROWS"]

METHODS = ("os.fork", "fork", "os.fork", "forkserver", "os.fork", "spawn")


def fork(place: Place) -> None:
    """A process that calls in two threads and forks meanwhile; its children call, too."""
    method = METHODS[place.seed % len(METHODS)]
    place.begin()

    def ask() -> None:
        own = place.asking("parent", threads=2, calls=12)
        thread = threading.Thread(target=asking.run, args=(own,))
        thread.start()
        place.wait_told(3)
        if method == "os.fork":
            _forks(place, 3, "child")
        else:
            _multiprocessing(place, method)
        thread.join()

    place.wait_all(place.fork(ask))
    place.check()


def _forks(place: Place, count: int, name: str) -> None:
    """Children, and in each of them a grandchild."""
    pids = []
    for number in range(count):
        time.sleep(place.chance.random() * 0.05)
        label = f"{name}{number}"

        def ask(label: str = label) -> None:
            if name == "child":
                _forks(place, 1, f"grand{label}")
            asking.run(place.asking(label, threads=2, calls=3))

        pids.append(place.fork(ask))
    for pid in pids:
        code = place.wait(pid)
        if code:
            raise AssertionError(f"a child ended with {code}: {place.said()[-600:]}")


def _multiprocessing(place: Place, method: str) -> None:
    context = multiprocessing.get_context(method)
    root = Path(__file__).parents[3]
    os.environ["PYTHONPATH"] = os.pathsep.join([str(root), str(root / "src")])
    children = [
        context.Process(target=asking.run, args=(place.asking(f"child{number}", calls=3),))  # type: ignore[attr-defined]
        for number in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        if child.exitcode:
            raise AssertionError(f"a {method} child ended with {child.exitcode}")


ROWS = (
    Trial(
        "fork",
        "`os.fork` amid threads that call, two generations deep; multiprocessing by fork, forkserver and spawn",
        "no child writes its parent's records, none is lost, none hangs",
        fork,
        rounds=18,
        short=1,
    ),
)
