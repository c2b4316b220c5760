"""``thence log``: what was asked and answered, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import as_json, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.record import Record

__all__ = ["log"]


@click.command()
@click.option("--graph", is_flag=True, help="Draw the context: each message once, retries as siblings, edits as forks.")
@click.option("--oneline", is_flag=True, help="One line for each call.")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="How many to show at most.")
@as_json
@store_options
def log(*, graph: bool, oneline: bool, limit: int, as_json: bool, store: str | None, tract: str | None) -> None:
    """Show what was asked and answered, newest first.

    \b
    thence log --graph
    thence log -n 5 --json
    """
    from thence.cli.record import NothingYet, Record, document
    from thence.cli.terminal import console, print_json

    try:
        with Record.opened(store, tract) as record:
            if as_json:
                print_json([document(call) for call in record.newest(limit)])
                return
            screen = console()
            for line in _lines(record, limit, screen.width, graph=graph, oneline=oneline):
                screen.print(line, soft_wrap=True)
    except NothingYet as nothing:
        click.echo(f"{nothing.message}\n  {nothing.hint}", err=True)
        if as_json:
            print_json([])


def _lines(record: Record, limit: int, width: int, *, graph: bool, oneline: bool) -> Iterator[Text]:
    from rich.text import Text

    from thence.cli.lines import block, call_line
    from thence.cli.tree import tree

    if graph:
        yield from tree(record, limit, width)
        return
    for number, call in enumerate(record.newest(limit)):
        refs = record.names_of(call.commit)
        if oneline:
            yield call_line(call, refs, width)
            continue
        if number:
            yield Text()
        yield from block(call, refs, width)
