"""``thence export``: a store, or a tract of it, as a bundle or as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from thence.cli.record import Record

__all__ = ["export"]

FORMATS = ("bundle", "parquet")
PARTITIONS = "day,provider"


@click.command()
@click.argument("destination", metavar="DEST")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["bundle", "parquet"]),
    default="bundle",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--partition-by", metavar="NAMES", help=f"Folders of Parquet files, parted by commas; {PARTITIONS} unless given."
)
@click.option("--store", metavar="PATH|URL", help="The store; by default THENCE_STORE, else the nearest .thence/.")
@click.option("--tract", metavar="NAME", help="One tract; all of them unless given.")
def export(*, destination: str, kind: str, partition_by: str | None, store: str | None, tract: str | None) -> None:
    """Write the store, or one tract of it, to be taken elsewhere. Calls in flight are left out.

    \b
    thence export history.thence
    thence export --format parquet --partition-by day,provider s3://bucket/calls

    A bundle is one file with everything, checked by its hashes when it is imported. Parquet is for analytics: a row for
    each call; run again, it writes only what is new, and what was interrupted is taken up. DEST is then a folder or any
    URL of fsspec's.
    """
    from thence.cli.record import Record
    from thence.upkeep import export_bundle

    if partition_by is not None and kind != "parquet":
        raise click.UsageError("--partition-by goes with --format parquet")
    with Record.opened(store, tract) as record:
        if kind == "bundle":
            click.echo(export_bundle(record.store, destination, tract=tract))
        else:
            _parquet(record, destination, (partition_by or PARTITIONS).split(","), tract)


def _parquet(record: Record, destination: str, partition_by: list[str], tract: str | None) -> None:
    from thence.cli.progress import pages
    from thence.errors import NotFound
    from thence.upkeep import export_parquet

    done = 0
    try:
        with pages("exporting") as advance:
            for step in export_parquet(record.store, destination, partition_by=partition_by, tract=tract):
                done = step.done
                advance(step.done, step.total)
    except ModuleNotFoundError as error:
        raise NotFound(f"{error.name} is not installed", hint="pip install 'thence[arrow]'") from error
    click.echo(f"{done} calls")
