"""``thence sql``: SQL on the store, read-only and bounded in time."""

from __future__ import annotations

import sys

import rich_click as click

from thence.cli.options import forms, store_option

__all__ = ["sql"]

SECONDS = 30.0


@click.command()
@click.argument("statement", metavar="SELECT")
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=SECONDS, show_default=True, help="Seconds at most."
)
@forms
@store_option
def sql(*, statement: str, timeout: float, form: str, store: str | None) -> None:
    """Ask the store in SQL: one statement, which can only read.

    \b
    thence sql 'select request_model, count(*) from calls group by 1'
    thence sql 'select name, source, count(*) from parameters group by 1, 2' --csv

    The tables that are asked most are calls, parameters, commits and refs; a wrong name lists all of them. Exits 4
    where the time is up. Times are nanoseconds since 1970; hashes and ids are printed as text. A - for SELECT takes the
    statement from standard input.
    """
    from thence.cli.forms import cell, print_rows
    from thence.cli.grid import grid
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.store.readonly import asked

    if statement == "-":
        statement = sys.stdin.read()
    with Record.opened(store, None) as record, asked(record.store, statement, timeout) as table:
        if form == "table":
            rows = ([cell(value) for value in row] for row in table.rows)
            show(lambda width: grid(table.columns, rows, width, elastic=0))
            return
        documents = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
        print_rows(form, documents, table.columns)
