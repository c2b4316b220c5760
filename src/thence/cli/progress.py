"""Progress on standard error: on a terminal only, and only of what takes longer than a second."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

__all__ = ["pages"]

_PATIENCE: Final = 1.0  # seconds

Advance = Callable[[int, int], object]


@contextmanager
def pages(doing: str) -> Iterator[Advance]:
    """What is told how much is done, of how much. After a second a bar is shown, without an end until it is told."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from thence.cli.terminal import console

    columns = (TextColumn(doing), BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    bar = Progress(*columns, console=console(stderr=True), transient=True)
    task = bar.add_task("", total=None)
    patience = Timer(_PATIENCE, bar.start)
    patience.daemon = True
    patience.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total, description=f"{done} of {total}")
    finally:
        patience.cancel()
        patience.join()
        bar.stop()
