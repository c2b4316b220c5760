"""``thence erase``: calls, contents or a whole tract, gone for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import as_json, store_options

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.store import Call
    from thence.upkeep import Erased

__all__ = ["erase"]


@click.command()
@click.argument("expression", metavar="[EXPR]", required=False)
@click.option("--commit", "commits", multiple=True, metavar="REV", help="Erase what this commit says; repeatable.")
@click.option("--everything", is_flag=True, help="Erase the whole tract.")
@click.option("--resume", "again", is_flag=True, help="Only finish erasures that were interrupted.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@as_json
@store_options
def erase(
    *,
    expression: str | None,
    commits: tuple[str, ...],
    everything: bool,
    again: bool,
    yes: bool,
    as_json: bool,
    store: str | None,
    tract: str | None,
) -> None:
    """Erase for good: from the store, its journal and its free pages. What stays are ids, times and hashes.

    \b
    thence erase 'user = "u-17"'
    thence erase --commit 3f2a91c0 --yes

    EXPR chooses calls as in thence query; each goes with its answer and what it alone was asked. Copies that were made
    before (backups, bundles, exports) are not reached.
    """
    from dataclasses import asdict

    from thence import upkeep
    from thence.cli.progress import pages
    from thence.cli.record import Record
    from thence.cli.terminal import print_json
    from thence.reading.record import is_call
    from thence.reading.values import counted

    if sum(map(bool, (expression, commits, everything, again))) != 1:
        raise click.UsageError("say what: EXPR, --commit, --everything or --resume")
    with Record.opened(store, tract) as record:
        calls = _matching(record, expression) if expression else []
        named = [record.store.resolve(name, record.tract) for name in commits]
        chosen = [found.commit if is_call(found) else found for found in named]
        nothing = bool(expression) and not calls
        if not (again or yes or nothing):
            some = f"{counted(len(calls), 'call')}, {counted(len(chosen), 'commit')}"
            what = "the whole tract" if everything else some
            click.confirm(f"Erase {what} of {record.tract} for good?", abort=True, err=True)
        with pages("erasing"):
            if again:
                report = upkeep.resume(record.store)
            elif nothing:
                report = upkeep.Erased()
            else:
                picked = [commit for commit in chosen if commit is not None]
                whole = record.tract if everything else None
                report = upkeep.erase(record.store, calls=calls, commits=picked, tract=whole)
    if as_json:
        print_json(asdict(report))
    else:
        _say(report)


def _matching(record: Record, expression: str) -> list[Call]:
    """The calls that are meant; where there is none, that is said, with what may have been meant."""
    from thence.cli.columns import nothing_found

    calls = record.store.calls(record.tract).where(expression)
    found = list(calls)
    if not found:
        nothing_found(calls)
    return found


def _say(report: Erased) -> None:
    from thence.reading.values import counted

    click.echo(f"erased {counted(report.calls, 'call')}, {counted(report.commits, 'commit')}")
    if report.in_flight:
        click.echo(f"  still in flight, so not erased: {', '.join(report.in_flight)}", err=True)
    for place in report.elsewhere:
        click.echo(f"  {place} may hold them too: thence ingest there, when its programs have ended", err=True)
