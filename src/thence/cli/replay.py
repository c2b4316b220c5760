"""``thence replay``: a recorded request, sent again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import assignment, forms_of_one, store_options

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.replay import Sender

__all__ = ["replay", "sender"]

FAILED = 1


@click.command()
@click.argument("rev", default="HEAD")
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Change a parameter; repeatable.")
@click.option("--model", metavar="NAME", help="As --set model=NAME.")
@click.option("--branch", default="replay", show_default=True, help="The branch that the answer moves.")
@click.option("--key-from", metavar="VARIABLE", help="The variable that holds the key; by default the host's own.")
@forms_of_one
@store_options
@click.pass_context
def replay(
    ctx: click.Context,
    *,
    rev: str,
    settings: tuple[str, ...],
    model: str | None,
    branch: str,
    key_from: str | None,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Send a recorded request again, exactly or with parameters changed. The answer is a sibling of the first one.

    \b
    thence replay HEAD
    thence replay 3f2a91c0 --set temperature=0 --model gpt-4o-mini

    This asks the provider, and costs what the call cost. It goes where the call went, by the SDK that sent it; the key
    is OPENAI_API_KEY for openai.com, ANTHROPIC_API_KEY for anthropic.com, GROQ_API_KEY for groq.com, and so on. Exits 1
    where the call failed.
    """
    from thence.cli.forms import print_document
    from thence.cli.lines import block
    from thence.cli.record import Record
    from thence.cli.terminal import console
    from thence.reading.document import call_document
    from thence.reading.facts import call_id
    from thence.replay import Point

    values = dict(map(assignment, settings)) | ({"model": model} if model else {})
    with Record.opened(store, tract) as record:
        sends = sender(record, rev, branch, key_from)
        call = sends.send(Point(values))
        if form != "table":
            print_document(form, call_document(call, whole=True))
        else:
            screen = console()
            for line in block(call, Record(record.store, record.tract).names_of(call.commit), screen.width):
                screen.print(line, soft_wrap=True)
        click.echo(f"  what differs: thence diff {call_id(sends.call)} {call_id(call)}", err=True)
    if call.status == "failed":
        ctx.exit(FAILED)


def sender(record: Record, rev: str, branch: str, key_from: str | None, retries: int = 2) -> Sender:
    """What sends the call that ``rev`` names.

    Raises:
        NotFound, UnsupportedClient, ThenceError: as :class:`thence.replay.Sender` does, or `branch` is no name.
    """
    import os

    from thence.replay import Sender
    from thence.store.naming import check_ref

    check_ref(branch)
    call = record.call(rev)
    if b"[redacted:" in (call.request_body or b""):
        click.echo(
            "thence: secrets were cut out of this request before it was recorded; it goes without them", err=True
        )
    return Sender(
        call,
        record.store,
        record.location,
        tract=record.tract,
        branch=branch,
        environ=os.environ,
        key_from=key_from,
        retries=retries,
    )
