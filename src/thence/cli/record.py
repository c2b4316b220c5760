"""The record that a command reads: a store, and the one tract in it that the command is about.

Opening takes in what the journal holds, so a command sees every call that has ended. Where nothing was ever recorded no
file is made.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.progress import pages
from thence.errors import StoreLocked
from thence.ingest import open_store
from thence.journal import folder_for, segments
from thence.reading import record
from thence.reading.record import NothingYet
from thence.settings import Settings

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["Record", "take_in"]

INGEST_SECONDS = 20.0


class Record(record.Record):
    """One tract of a store, as commands open it; ``location`` is the store's path or URL."""

    location: str

    @classmethod
    @contextmanager
    def opened(cls, location: str | None, tract: str | None, *, fresh: bool = True) -> Iterator[Record]:
        """The record of a store (by default the settings'); where ``fresh``, after its journal was taken in.

        Raises:
            NothingYet: there is neither a store nor a journal.
            StoreError: the store can't be opened.
        """
        settings = Settings.load()
        where = settings.store if location is None else Settings.store_url(location)
        if "://" not in where and not Path(where).exists() and not segments(folder_for(where, settings.journal_dir)):
            raise NothingYet(where)
        with open_store(where) as store:
            if fresh:
                take_in(store)
            opened = cls(store, tract or settings.tract)
            opened.location = where
            yield opened


def take_in(store: Store) -> None:
    """Ingest what the journal holds; where another process holds the store, what is there already must do."""
    try:
        with pages("taking in the journal"):
            report = store.flush(INGEST_SECONDS)
    except StoreLocked as locked:
        click.echo(f"thence: {locked.message}; the newest calls may be missing here", err=True)
        return
    if report is not None and not report.complete:
        click.echo("thence: more is waiting to be ingested: thence ingest", err=True)
