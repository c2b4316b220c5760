"""``thence status``: what is recorded, what waits to be, and whether anything was lost."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import as_json, store_options

__all__ = ["status"]

LOSS = 1


@click.command()
@as_json
@store_options
@click.pass_context
def status(ctx: click.Context, *, as_json: bool, store: str | None, tract: str | None) -> None:
    """Show what is recorded, what waits in the journal, and whether anything was lost.

    \b
    thence status
    thence status --json

    Exits 1 where records were lost or damaged; what was lost is said.
    """
    from rich.text import Text

    from thence.cli.record import Record
    from thence.cli.terminal import console, print_json
    from thence.reading.standing import standing

    with Record.opened(store, tract) as record:
        now = standing(record)
    if as_json:
        print_json(now.document())
    else:
        screen = console()
        for word, said in now.lines():
            screen.print(Text(f"{word:<9}", "bold").append(said, "default"), soft_wrap=True)
        for loss in now.losses():
            screen.print(Text(f"{'lost':<9}", "bold red").append(loss, "default"), soft_wrap=True)
    if now.losses():
        ctx.exit(LOSS)
