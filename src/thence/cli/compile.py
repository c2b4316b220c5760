"""``thence compile``: the context that a commit stands for, or the body of a request with it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import forms_of_one, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.compile import CompiledContext

__all__ = ["compile"]

_MEMBERS = ("commit", "commit_count", "token_count", "token_source", "messages", "generation_configs")
TARGETS = ("openai", "anthropic", "responses", "litellm")


@click.command()
@click.argument("rev", default="HEAD")
@click.option("--to", type=click.Choice(TARGETS), help="Print the body of a request to this API.")
@click.option("--aggregate", is_flag=True, help="Put neighbouring messages of one role together.")
@forms_of_one
@store_options
def compile(  # noqa: A001 - named as the command is
    *, rev: str, to: str | None, aggregate: bool, form: str, store: str | None, tract: str | None
) -> None:
    """Show the context that a commit stands for, with its edits, pins and skips applied; of a call, what it was asked.

    \b
    thence compile HEAD
    thence compile HEAD~2 --to anthropic > request.json

    With --to, a recorded call to that API gives its body back byte for byte; anything else is written for it, with the
    newest parameters.
    """
    from thence.cli.forms import print_document
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.reading.visible import visible
    from thence.tract import Tract

    with Record.opened(store, tract) as record:
        opened = Tract(record.store, record.tract)
        if to is not None:
            body = opened.compile(rev, to=to).body  # type: ignore[call-overload]
            if sys.stdout.isatty():
                click.echo(visible(body.decode("utf-8", "surrogatepass")))
            else:
                click.echo(body, nl=False)
            return
        context = opened.compile(rev, aggregate=aggregate)
    if form != "table":
        print_document(form, {name: getattr(context, name) for name in _MEMBERS})
    else:
        show(lambda _width: _lines(context))  # what was said is shown as it is


def _lines(context: CompiledContext) -> Iterator[Text]:
    from rich.text import Text

    from thence.providers.said import said
    from thence.reading.visible import one_line, visible

    for message in context.messages:
        yield Text(one_line(str(message.get("role") or message.get("type") or "-")), "bold")
        for line in visible(said(message)).splitlines():
            yield Text(f"  {line}")
    count = f"{context.token_count} tokens ({context.token_source})"
    yield Text(f"{len(context.messages)} messages of {context.commit_count} commits, {count}", "dim")
