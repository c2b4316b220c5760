"""Progress on standard error: on a terminal only, and only of what takes longer than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["pages"]

_PATIENCE: Final = 1.0  # seconds

Advance = Callable[[int, int], object]


@contextmanager
def pages(doing: str) -> Iterator[Advance]:
    """What is told how much is done, of how much; shows a bar once a second has passed."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from thence.cli.terminal import console

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    try:
        yield _after(_PATIENCE, bar)
    finally:
        bar.stop()


def _after(seconds: float, bar: Progress) -> Advance:
    task = bar.add_task("", total=None)
    since = time.monotonic()

    def advance(done: int, total: int) -> None:
        if time.monotonic() - since > seconds:
            bar.start()
        bar.update(task, completed=done, total=total)

    return advance
