"""``thence backup``: a copy of the store while programs go on writing."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import store_option

__all__ = ["backup"]


@click.command()
@click.argument("destination", metavar="FILE")
@click.option("--overwrite", is_flag=True, help="Replace the file if there is one.")
@store_option
def backup(*, destination: str, overwrite: bool, store: str | None) -> None:
    """Copy the store into a new SQLite file, as it is at one moment. Programs go on recording meanwhile.

    \b
    thence backup ~/backups/monday.db
    thence backup latest.db --overwrite

    The file is there, whole, or it is not. Exits 5 where it exists already.
    """
    from thence.cli.progress import pages
    from thence.cli.record import Record
    from thence.upkeep import backup as copy

    with Record.opened(store, None) as record, pages("copying") as advance:
        path = copy(record.store, destination, overwrite=overwrite, progress=advance)
    click.echo(path)
