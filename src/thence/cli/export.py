"""``thence export``: a store, or a tract of it, in one file."""

from __future__ import annotations

import rich_click as click

__all__ = ["export"]


@click.command()
@click.argument("destination", metavar="FILE")
@click.option("--store", metavar="PATH|URL", help="The store; by default THENCE_STORE, else the nearest .thence/.")
@click.option("--tract", metavar="NAME", help="One tract; all of them unless given.")
def export(*, destination: str, store: str | None, tract: str | None) -> None:
    """Write the store, or one tract of it, into a bundle: one file, checked by its hashes when it is imported.

    \b
    thence export history.thence
    thence export --tract support support.thence

    Calls in flight are left out. For analytics, see thence query --csv.
    """
    from thence.cli.record import Record
    from thence.upkeep import export_bundle

    with Record.opened(store, tract) as record:
        click.echo(export_bundle(record.store, destination, tract=tract))
