"""``thence sources``: the chain of parameter sources, as the program has it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import forms, store_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.text import Text

    from thence.params import ParameterSource

__all__ = ["sources"]


@click.command()
@click.option("--used", is_flag=True, help="How often each source set each parameter of the calls that are recorded.")
@click.option("--where", metavar="EXPR", help="With --used: only calls that EXPR is true of; as in thence query.")
@forms
@store_options
def sources(*, used: bool, where: str | None, form: str, store: str | None, tract: str | None) -> None:
    """Show where a parameter's value can come from, the most explicit source first.

    \b
    thence sources
    thence sources --used --where 'model ~ "gpt-4*"'

    A value from a higher row shadows those from lower rows.
    """
    if used:
        _used(where, form, store, tract)
    elif where:
        raise click.UsageError("--where goes with --used")
    else:
        _chain(form)


def _used(where: str | None, form: str, store: str | None, tract: str | None) -> None:
    from thence.cli.forms import listing, print_rows
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.params import ParameterSource
    from thence.store.sourced import sourced

    with listing(form), Record.opened(store, tract) as record:
        calls = record.store.calls(record.tract)
        counts = sourced(calls.where(where) if where else calls)
        known = [source for source in ParameterSource if any(name == source.name for _, name in counts)]
        whole: Counter[str] = Counter()
        for (name, _), count in counts.items():
            whole[name] += count
        names = sorted(whole, key=lambda name: (-whole[name], name))
        if form != "table":
            by = {name: {each.name: counts[name, each.name] for each in known} for name in names}
            print_rows(form, [{"parameter": name, "calls": whole[name], **by[name]} for name in names])
        elif names:
            cells = [[name, *(str(counts[name, each.name] or "") for each in known)] for name in names]
            show(lambda width: _matrix(known, cells, width))
        else:
            click.echo("no calls", err=True)


def _matrix(known: list[ParameterSource], cells: list[list[str]], width: int) -> Iterator[Text]:
    """The counts by source; only the letters of sources above them, and their names below, where these don't fit."""
    from rich.cells import cell_len
    from rich.text import Text

    from thence.cli.grid import grid
    from thence.cli.render import badge, wrapped
    from thence.reading.values import letter

    names = [badge(each).plain for each in known]
    right = range(1, len(known) + 1)
    longest = max(len("parameter"), *(cell_len(row[0]) for row in cells))
    fits = longest + sum(2 + cell_len(name) for name in names) <= width
    header = names if fits else [letter(each) for each in known]
    yield from grid(["parameter", *header], cells, width, elastic=0, right=right)
    if not fits:
        yield Text()
        yield Text(wrapped(names, width, ""), "dim")


def _chain(form: str) -> None:
    from thence.cli.forms import print_rows
    from thence.cli.render import badge, plain
    from thence.cli.terminal import console
    from thence.params import ParameterSource

    if form != "table":
        print_rows(form, map(_document, ParameterSource))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("source", no_wrap=True)
    table.add_column("set by", ratio=3)
    table.add_column("origin recorded", ratio=2)
    for source in ParameterSource:
        table.add_row(badge(source), plain(source.set_by), source.origin)
    console().print(table)


def _document(source: ParameterSource) -> dict[str, Any]:
    from thence.cli.render import plain

    return {
        "source": source.name,
        "set_by": plain(source.set_by),
        "origin": source.origin,
        "example": source.example,
    }
