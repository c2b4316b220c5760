"""``thence import``: what a bundle, a cassette or another store has, brought in."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import as_json, store_option

__all__ = ["import_"]

_SQLITE = b"SQLite format 3\0"


@click.command("import")
@click.argument("source", metavar="FILE|URL")
@click.option("--from-store", is_flag=True, help="The source is another store: its path or URL.")
@as_json
@store_option
def import_(*, source: str, from_store: bool, as_json: bool, store: str | None) -> None:
    """Bring in what a bundle has, a cassette, or another store. What is here already is not brought twice.

    \b
    thence import history.thence
    thence import --from-store postgresql://host/team

    A bundle is proven first, and nothing of it is brought in where any of it is damaged: exit code 6. Branches of new
    names come along; those that mean something else there are named, and left where they are.
    """
    from dataclasses import asdict
    from pathlib import Path

    from thence import upkeep
    from thence.cli.progress import pages
    from thence.cli.terminal import print_json
    from thence.errors import NotFound
    from thence.ingest import open_store
    from thence.reading.values import counted
    from thence.settings import Settings

    if "://" not in source and not Path(source).exists():
        raise NotFound(f"there is no file {source}")
    if not from_store and _is_store(source):
        raise click.UsageError(f"{source} is a store, not a bundle: say --from-store")
    with open_store(Settings.load().store if store is None else Settings.store_url(store)) as opened:
        if from_store:
            with open_store(Settings.store_url(source)) as other, pages("bringing in"):
                pulled = upkeep.pull(opened, other)
        elif upkeep.is_segment(Path(source)):
            pulled = upkeep.import_segment(opened, Path(source))
        else:
            with pages("bringing in"):
                pulled = upkeep.import_bundle(opened, source)
    if as_json:
        print_json(asdict(pulled))
        return
    click.echo(f"{counted(pulled.calls, 'call')}, {counted(pulled.commits, 'commit')}")
    for name in pulled.diverged:
        click.echo(f"  {name} means something else there; it stays as it is here", err=True)


def _is_store(source: str) -> bool:
    from pathlib import Path

    if "://" in source:
        return True
    with Path(source).open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
