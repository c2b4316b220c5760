"""``thence status``: what is recorded, what waits to be, and whether anything was lost."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms_of_one, store_options

__all__ = ["status"]

LOSS = 1


@click.command()
@forms_of_one
@store_options
@click.pass_context
def status(ctx: click.Context, *, form: str, store: str | None, tract: str | None) -> None:
    """Show what is recorded, what waits in the journal, and whether anything was lost.

    \b
    thence status
    thence status --json

    Exits 1 where records were lost or damaged; what was lost is said.
    """
    from rich.text import Text

    from thence.cli.forms import print_document
    from thence.cli.record import Record
    from thence.cli.terminal import console
    from thence.reading.record import NothingYet
    from thence.reading.standing import not_yet, standing
    from thence.settings import Settings, is_disabled

    try:
        with Record.opened(store, tract) as record:
            now = standing(record)
    except NothingYet as nothing:
        settings = Settings.load()
        now = not_yet(nothing.where, settings.journal_dir, tract or settings.tract)
        click.echo(nothing.hint, err=True)
    if is_disabled():
        click.echo("thence: nothing is recorded here: THENCE_DISABLED is set", err=True)
    if form != "table":
        print_document(form, now.document())
    else:
        screen = console()
        for word, said in now.lines():
            screen.print(Text(f"{word:<9}", "bold").append(said, "default"), soft_wrap=True)
        for loss in now.losses():
            screen.print(Text(f"{'lost':<9}", "bold red").append(loss, "default"), soft_wrap=True)
    if now.losses():
        ctx.exit(LOSS)
