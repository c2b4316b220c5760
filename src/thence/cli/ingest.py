"""``thence ingest``: take what journals hold into the store, now or as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import as_json, store_option

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["ingest"]

WATCH_SECONDS = 1.0


@click.command()
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C, taking in calls as they end.")
@store_option
@as_json
def ingest(watch: bool, store: str | None, as_json: bool) -> None:
    """Take what the journal holds into the store. Every command that reads does this first; nothing is taken in twice.

    \b
    thence ingest
    thence ingest --watch
    """
    import time
    from contextlib import ExitStack, suppress
    from dataclasses import asdict

    from thence.cli.record import there
    from thence.cli.terminal import print_json
    from thence.errors import NotFound
    from thence.ingest import Report, open_store
    from thence.reading.record import NothingYet
    from thence.reading.values import counted
    from thence.settings import Settings

    with ExitStack() as opened:
        held: Store | None = None
        while True:
            with suppress(NotFound if watch else NothingYet):  # no store is made where there is no journal
                held = held or opened.enter_context(open_store(there(Settings.load(), store)))
            report = held.flush() if held else Report()
            if as_json:
                print_json(asdict(report))
            elif report.frames or not watch:
                told = f"{report.interrupted} interrupted, {report.pending} still in flight"
                click.echo(f"{counted(report.calls, 'call')}, {told}")
            if not watch:
                return
            time.sleep(WATCH_SECONDS)
