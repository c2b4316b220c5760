"""The journal: a folder of append-only segment files, one writer a process, any number of readers.

A call is written here before its answer reaches the caller, and read from here into the store, now or after a crash.
The journal knows bytes only: a record is a header and a payload, and what they mean is :mod:`thence.frames`' concern.

    writer = Writer(folder_for("sqlite:///.thence/store.db"))
    writer.append(header, payload)              # True: it survives kill -9 from here on

    for segment in segments(writer.folder):
        for record in read(segment.path):
            ...
        if not segment.alive:
            retire(segment)

The layout of the files is told in :mod:`thence.journal.layout`.
"""

from __future__ import annotations

from thence.journal.folder import Segment, folder_for, retire, segments
from thence.journal.reader import Health, Record, check, read
from thence.journal.told import Told, tell, told
from thence.journal.writer import Writer

__all__ = [
    "Health",
    "Record",
    "Segment",
    "Told",
    "Writer",
    "check",
    "folder_for",
    "read",
    "retire",
    "segments",
    "tell",
    "told",
]
