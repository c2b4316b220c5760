"""``thence migrate``: the tables of a store, brought to the newest schema."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import store_option

__all__ = ["migrate"]


@click.command()
@store_option
@click.option("--partitions", metavar="N", type=click.IntRange(1, 1024), help="Part the tables by tract (PostgreSQL).")
def migrate(*, store: str | None, partitions: int | None) -> None:
    """Bring a store's tables to the schema of this Thence. Whoever opens a store does the same; this does only that.

    \b
    thence migrate
    thence migrate --store postgresql://host/team --partitions 16

    Exits 7 where the store was written by a newer Thence: then nothing is changed. Two processes may migrate at once.

    --partitions writes every table anew, hash-partitioned by tract_id, in one transaction: a store of many tracts can
    then be spread over discs or machines. A store that is parted already stays as it is.
    """
    from thence.cli.record import Record
    from thence.store import tenants

    with Record.opened(store, None, fresh=False) as record:
        if partitions and not tenants.partition(record.store, partitions):
            click.echo("the tables are parted already", err=True)
        click.echo(f"{record.store.url} has schema {record.store.status()['schema']}")
