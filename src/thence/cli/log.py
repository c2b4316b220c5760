"""``thence log``: what was asked and answered, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import forms, store_options, which

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.record import Record
    from thence.store import Calls

__all__ = ["log"]

LIMIT = 20


@click.command()
@click.argument("rev", metavar="[REV | A..B]", required=False)
@click.option("--graph", is_flag=True, help="Draw the context: each message once, retries as siblings, edits as forks.")
@click.option("--oneline", is_flag=True, help="One line for each call.")
@click.option("--where", metavar="EXPR", help="Only calls that EXPR is true of; as in thence query.")
@click.option("--follow", "-f", is_flag=True, help="Then go on with each call that ends, until Ctrl-C.")
@which
@forms
@store_options
def log(
    *,
    rev: str | None,
    graph: bool,
    oneline: bool,
    where: str | None,
    follow: bool,
    since: str | None,
    until: str | None,
    last: int | None,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Show what was asked and answered, newest first; the newest 20 unless -n says otherwise.

    \b
    thence log --graph
    thence log --where 'temperature > 0.8' --since yesterday --json

    REV chooses the calls on the way to a commit, A..B those on the way to B and not to A; without it, calls of every
    branch are shown. --follow shows the oldest first, so that what comes is below; it does not go with REV, --graph,
    --json and --csv.
    """
    from thence.cli.columns import nothing_found
    from thence.cli.following import followed
    from thence.cli.forms import listing, print_calls
    from thence.cli.options import chosen
    from thence.cli.record import Record
    from thence.cli.terminal import show

    if follow and (rev or graph or form in ("json", "csv")):
        raise click.UsageError("--follow does not go with REV, --graph, --json and --csv, which have an end")
    most = last or LIMIT
    filtered = bool(rev or where or since or until)
    with listing(form), Record.opened(store, tract) as record:
        every = chosen(record, where, since, until, None)
        if rev:
            every = every.within(record.range(rev))
        calls = every.last(most)
        if follow:
            followed(record, every, most, form=form, oneline=oneline)
        if not calls and filtered:
            nothing_found(calls)
        elif not calls:
            record.newest(1)  # says what to do
        if form == "table" and calls:
            drawn = most if graph else 0
            show(lambda width: _lines(record, calls, width, graph=drawn, oneline=oneline, tips=not filtered))
        elif form != "table":
            print_calls(form, calls)


def _lines(record: Record, calls: Calls, width: int, *, graph: int, oneline: bool, tips: bool) -> Iterator[Text]:
    from rich.text import Text

    from thence.cli.lines import block, call_line
    from thence.cli.tree import tree

    if graph:
        yield from tree(record, list(calls.newest_first()), graph, width, tips=tips)
        return
    for number, call in enumerate(calls.newest_first()):
        refs = record.names_of(call.commit)
        if oneline:
            yield call_line(call, refs, width)
            continue
        if number:
            yield Text()
        yield from block(call, refs, width)
