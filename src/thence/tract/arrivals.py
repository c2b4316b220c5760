"""Recorded calls on their way into the store: taken in where the journal has grown since it was looked at last."""

from __future__ import annotations

import os
from pathlib import Path

from thence import faults, journal
from thence.errors import StoreError
from thence.store import Store

__all__ = ["Arrivals"]


class Arrivals:
    """The journal of a store, looked at before its history is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder: Path = journal.folder_for(store.url)
        self._seen: object = None

    def take_in(self) -> None:
        """Let the store hold what was recorded by now. A store that is locked is read as it is; that is counted."""
        there = self._lengths()
        if not there or there == self._seen:
            return
        try:
            report = self._store.flush()
        except StoreError as error:
            faults.note("tract.flush", error)
            return
        if report is None or report.complete:
            self._seen = there

    def _lengths(self) -> frozenset[tuple[str, int]]:
        try:
            with os.scandir(self._folder) as found:
                return frozenset((each.name, each.stat().st_size) for each in found)
        except OSError:  # there is none, or a segment went while it was looked at
            return frozenset()
