"""``thence sources``: the chain of parameter sources, as the program has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import forms

if TYPE_CHECKING:
    from thence.params import ParameterSource

__all__ = ["sources"]


@click.command()
@forms
def sources(*, form: str) -> None:
    """Show where a parameter's value can come from, the most explicit source first.

    \b
    thence sources
    thence sources --json

    A value from a higher row shadows those from lower rows.
    """
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
