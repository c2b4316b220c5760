"""``thence migrate``: the tables of a store, brought to the newest schema."""

from __future__ import annotations

import rich_click as click

__all__ = ["migrate"]


@click.command()
@click.option("--store", metavar="PATH|URL", help="The store; by default THENCE_STORE, else the nearest .thence/.")
def migrate(*, store: str | None) -> None:
    """Bring a store's tables to the schema of this Thence. Whoever opens a store does the same; this does only that.

    \b
    thence migrate
    thence migrate --store postgresql://host/team

    Exits 7 where the store was written by a newer Thence: then nothing is changed. Two processes may migrate at once.
    """
    from thence.cli.record import Record

    with Record.opened(store, None, fresh=False) as record:
        click.echo(f"{record.store.url} has schema {record.store.status()['schema']}")
