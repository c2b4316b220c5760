"""``thence sources``: the chain of parameter sources, as the program has it."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import as_json

__all__ = ["sources"]


@click.command()
@as_json
def sources(as_json: bool) -> None:
    """Show where a parameter's value can come from, the most explicit source first.

    \b
    thence sources
    thence sources --json

    A value from a higher row shadows those from lower rows.
    """
    from thence.cli.render import badge, plain
    from thence.cli.terminal import console, print_json
    from thence.params import ParameterSource

    if as_json:
        print_json(
            [
                {
                    "source": source.name,
                    "set_by": plain(source.set_by),
                    "origin": source.origin,
                    "example": source.example,
                }
                for source in ParameterSource
            ]
        )
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("source", no_wrap=True)
    table.add_column("set by", ratio=3)
    table.add_column("origin recorded", ratio=2)
    for source in ParameterSource:
        table.add_row(badge(source), plain(source.set_by), source.origin)
    console().print(table)
