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
from thence.errors import NotFound, StoreLocked, StoreUnavailable
from thence.ingest import open_store
from thence.journal import folder_for, segments
from thence.query.fields import suggestion
from thence.reading import record
from thence.reading.record import NothingYet
from thence.settings import Settings
from thence.store.naming import tract_id_of

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["Record", "take_in", "there"]

INGEST_SECONDS = 20.0
_NAMED = 10  # tracts that a message names


class Record(record.Record):
    """One tract of a store, as commands open it; ``location`` is the store's path or URL."""

    location: str

    @classmethod
    @contextmanager
    def opened(cls, location: str | None, tract: str | None, *, fresh: bool = True) -> Iterator[Record]:
        """The record of a store (by default the settings'); where ``fresh``, after its journal was taken in.

        Raises:
            NothingYet: there is neither a store nor a journal, and nobody said that there is.
            NotFound: the store, or the tract, that was named is not there.
            StoreError: the store can't be opened.
        """
        settings = Settings.load()
        where = there(settings, location)
        with open_store(where) as store:
            if fresh:
                take_in(store)
            if tract is not None:
                _check_tract(store, tract)
            opened = cls(store, tract or settings.tract)
            opened.location = where
            yield opened


def there(settings: Settings, location: str | None) -> str:
    """The path or URL of a store that can be opened without making one: the one that is named, else the settings'.

    Raises:
        NothingYet, NotFound: as :meth:`Record.opened` does.
    """
    where = settings.store if location is None else Settings.store_url(location)
    if "://" in where or Path(where).exists() or segments(folder_for(where, settings.journal_dir)):
        return where
    if location is not None or settings.origin_of("store") == "THENCE_STORE":
        raise NotFound(f"there is no store {where}", hint="the first call that is recorded makes one, or thence init")
    raise NothingYet(where)


def _check_tract(store: Store, tract: str) -> None:
    known = store.tracts()
    if known and tract_id_of(tract) not in known:
        hint = suggestion(tract, known) or f"known: {', '.join(known[:_NAMED])}{', ...' if len(known) > _NAMED else ''}"
        raise NotFound(f"there is no tract {tract}", hint=hint)


def take_in(store: Store) -> None:
    """Ingest what the journal holds; where nothing more can be stored (by others' lock, a full disk), what is there
    already must do.
    """
    try:
        with pages("taking in the journal"):
            report = store.flush(INGEST_SECONDS)
    except (StoreLocked, StoreUnavailable) as error:
        click.echo(f"thence: {error.message}; the newest calls may be missing here", err=True)
        return
    if report is not None and not report.complete:
        click.echo("thence: more is waiting to be ingested: thence ingest", err=True)
