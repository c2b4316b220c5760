"""``thence ingest``: take what journals hold into the store, now or as it comes."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import as_json

__all__ = ["ingest"]

WATCH_SECONDS = 1.0


@click.command()
@click.option("--watch", is_flag=True, help="Go on until Ctrl-C, taking in calls as they end.")
@click.option("--store", metavar="PATH|URL", help="The store; by default THENCE_STORE, else the nearest .thence/.")
@as_json
def ingest(watch: bool, store: str | None, as_json: bool) -> None:
    """Take what the journal holds into the store. Every command that reads does this first; nothing is taken in twice.

    \b
    thence ingest
    thence ingest --watch
    """
    import time
    from dataclasses import asdict

    from thence.cli.terminal import print_json
    from thence.ingest import open_store
    from thence.reading.values import counted
    from thence.settings import Settings

    where = Settings.load().store if store is None else Settings.store_url(store)
    with open_store(where) as opened:
        while True:
            report = opened.flush()
            if as_json:
                print_json(asdict(report))
            elif report.frames or not watch:
                told = f"{report.interrupted} interrupted, {report.pending} still in flight"
                click.echo(f"{counted(report.calls, 'call')}, {told}")
            if not watch:
                return
            time.sleep(WATCH_SECONDS)
