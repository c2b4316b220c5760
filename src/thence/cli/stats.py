"""``thence stats``: calls, tokens and seconds, by anything that tells calls apart."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import forms, store_options, which

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["stats"]


@click.command()
@click.argument("expression", metavar="[EXPR]", required=False)
@click.option("--by", multiple=True, metavar="NAME", help="A field, a parameter or source(NAME); may be repeated.")
@click.option("--cost", "costs", is_flag=True, help="What they cost, by the prices that this machine has.")
@which
@forms
@store_options
def stats(
    *,
    expression: str | None,
    by: tuple[str, ...],
    costs: bool,
    since: str | None,
    until: str | None,
    last: int | None,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Count calls, failures, tokens and seconds, in groups; by the model unless told otherwise.

    \b
    thence stats --since yesterday
    thence stats 'model ~ "gpt-4*"' --by temperature --by 'source(temperature)' --csv

    EXPR chooses calls as in thence query. Tokens count where the provider said how many; a field that nothing is known
    of is empty, never zero. --cost adds dollars, and of how many calls they are: the cost of others is not known.
    """
    from thence.cli.columns import nothing_found
    from thence.cli.forms import listing, print_rows
    from thence.cli.options import chosen
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.prices import PriceList
    from thence.reading.tally import tallied

    names = by or ("model",)
    with listing(form), Record.opened(store, tract) as record:
        calls = chosen(record, expression, since, until, last)
        prices = PriceList.load() if costs else None
        rows = tallied(calls, names, prices=prices)
        if form != "table":
            print_rows(form, rows)
        elif rows:
            show(lambda width: _lines(rows, len(names), width))
        if not rows:
            nothing_found(calls)
        elif prices:
            click.echo(f"prices: {'; '.join(prices.sources)}", err=True)
        for name, meant in calls.where(" or ".join(f"{name} exists" for name in names)).misspelt().items():
            click.echo(f"no call has a parameter {name}{f': {meant}' if meant else ''}", err=True)


def _lines(rows: list[dict[str, Any]], keys: int, width: int) -> Iterator[Text]:
    from thence.cli.grid import grid
    from thence.cli.render import value

    header = list(rows[0])
    shown = [
        [
            *(each if isinstance(each, str) else "-" if each is None else value(each, 40) for each in cells[:keys]),
            *(
                "" if cell is None else _figure(name, cell)
                for name, cell in zip(header[keys:], cells[keys:], strict=True)
            ),
        ]
        for cells in (list(row.values()) for row in rows)
    ]
    yield from grid(header, shown, width, elastic=0, right=range(keys, len(header)))


def _figure(name: str, cell: float) -> str:
    from thence.prices import dollars
    from thence.reading.values import elapsed

    if name == "mean":
        return elapsed(cell)
    return dollars(Decimal(str(cell))) if name == "cost" else str(cell)
