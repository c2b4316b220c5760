"""``thence gc``: what nothing reaches any more, taken away."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import as_json, store_option

__all__ = ["gc"]

DAYS = 14.0


@click.command()
@click.option("-n", "--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--grace", type=click.FloatRange(0), default=DAYS, show_default=True, metavar="DAYS", help="What is younger stays."
)
@as_json
@store_option
def gc(*, dry_run: bool, grace: float, as_json: bool, store: str | None) -> None:
    """Take away what no branch, tag, call or annotation reaches. Calls are never garbage.

    \b
    thence gc --dry-run
    thence gc --grace 30

    What a deleted branch meant stays for the days of grace, to be had back through thence reflog.
    """
    from dataclasses import asdict
    from datetime import timedelta

    from thence.cli.progress import pages
    from thence.cli.record import Record
    from thence.cli.terminal import print_json
    from thence.reading.values import size_of
    from thence.upkeep import gc as collect

    with Record.opened(store, None) as record, pages("looking"):
        gone = asdict(collect(record.store, grace=timedelta(days=grace), dry_run=dry_run))
    if as_json:
        print_json(gone)
        return
    size = gone.pop("size")
    counts = ", ".join(f"{count} {name}" for name, count in gone.items() if count)
    did = "would take away" if dry_run else "took away"
    click.echo(f"{did} {counts}, {size_of(size)}" if counts else f"{did} nothing: everything is reached")
