"""``thence init``: a store in this folder."""

from __future__ import annotations

import rich_click as click

__all__ = ["init"]


@click.command()
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
def init(*, folder: str) -> None:
    """Make a store in a folder, for the programs that run in it and below; as git init does.

    \b
    thence init
    thence init ~/projects/colours

    The first recorded call makes one by itself, unless there is one further up. A store that is there already is left
    as it is.
    """
    from pathlib import Path

    from thence.ingest import open_store

    path = Path(folder).absolute() / ".thence" / "store.db"
    there = path.exists()
    open_store(path).close()
    click.echo(path)
    click.echo("it was there already" if there else "ignored by git, and yours alone to read", err=True)
