"""What is broken. One module a family; each ends with its rows of the table."""

from __future__ import annotations

from tests.torture.faults import (
    damage,
    disk,
    ending,
    forking,
    killing,
    own_bugs,
    servers,
    streams,
    versions,
    waiting,
    writers,
)
from tests.torture.trial import Trial

__all__ = ["FAULTS"]

FAULTS: tuple[Trial, ...] = (
    *killing.ROWS,
    *ending.ROWS,
    *forking.ROWS,
    *streams.ROWS,
    *disk.ROWS,
    *waiting.ROWS,
    *servers.ROWS,
    *damage.ROWS,
    *versions.ROWS,
    *own_bugs.ROWS,
    *writers.ROWS,
)
