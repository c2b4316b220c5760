"""``thence export``: a store, or a tract of it, as a bundle, as Parquet or as spans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import store_option

if TYPE_CHECKING:
    from thence.cli.record import Record

__all__ = ["export"]

FORMATS = ("bundle", "parquet", "otlp", "html")
PARTITIONS = "day,provider"
LAST = 500


@click.command()
@click.argument("destination", metavar="DEST")
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="bundle",
    show_default=True,
    help="What to write.",
)
@click.option(
    "--partition-by", metavar="NAMES", help=f"Folders of Parquet files, parted by commas; {PARTITIONS} unless given."
)
@click.option("--html", "html", is_flag=True, help="As --format html.")
@click.option("--where", metavar="EXPR", help="With --html: only calls that EXPR is true of; as in thence query.")
@click.option("-n", "--last", type=click.IntRange(1), metavar="N", help="With --html: the newest N; 500 unless given.")
@store_option
@click.option("--tract", metavar="NAME", help="One tract; all of them unless given.")
def export(
    *,
    destination: str,
    kind: str,
    partition_by: str | None,
    html: bool,
    where: str | None,
    last: int | None,
    store: str | None,
    tract: str | None,
) -> None:
    """Write the store, or one tract of it, to be taken elsewhere. Calls in flight are left out.

    \b
    thence export history.thence
    thence export --html september.html --where 'branch = main' --last 200

    A bundle is one file with everything, checked by its hashes when it is imported. Parquet is for analytics: a row for
    each call; DEST is a folder or any URL of fsspec's. OTLP gives the calls as spans to a receiver of OpenTelemetry's;
    DEST is its address. Parquet and OTLP write only what is new there, and take up what was interrupted. HTML is the
    viewer's pages in one file that opens from disk and asks nobody for anything.
    """
    from thence.cli.progress import pages
    from thence.cli.record import Record
    from thence.upkeep import export_bundle

    if partition_by is not None and kind != "parquet":
        raise click.UsageError("--partition-by goes with --format parquet")
    kind = "html" if html else kind
    if (where or last) and kind != "html":
        raise click.UsageError("--where and --last go with --html")
    with Record.opened(store, tract) as record:
        if kind == "html":
            _html(record, destination, where or "", last or LAST)
        elif kind == "bundle":
            with pages("exporting"):
                path = export_bundle(record.store, destination, tract=tract)
            click.echo(path)
        elif kind == "parquet":
            _parquet(record, destination, (partition_by or PARTITIONS).split(","), tract)
        else:
            _otlp(record, destination, tract)


def _parquet(record: Record, destination: str, partition_by: list[str], tract: str | None) -> None:
    from thence.upkeep import export_parquet

    steps = export_parquet(record.store, destination, partition_by=partition_by, tract=tract)
    _advance(((step.done, step.total) for step in steps), "arrow")


def _otlp(record: Record, destination: str, tract: str | None) -> None:
    from thence.upkeep import export_otlp

    _advance(export_otlp(record.store, destination, tract=tract), "otel")


def _html(record: Record, destination: str, where: str, last: int) -> None:
    from thence.cli.extras import needing

    with needing("web"):
        from thence.web.frozen import freeze
    path, count = freeze(record, destination, where=where, last=last)
    click.echo(f"{count} calls in {path}", err=True)
    click.echo(path)


def _advance(steps: Iterator[tuple[int, int]], extra: str) -> None:
    """Go through the steps of an export that needs an extra, and say how many calls it wrote."""
    from thence.cli.extras import needing
    from thence.cli.progress import pages

    done = 0
    with needing(extra), pages("exporting") as advance:
        for done, total in steps:
            advance(done, total)
    click.echo(f"{done} calls")
