"""``thence blame``: for each parameter of a call the value, where it came from, and what became of it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import as_json, store_options

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.store import Call

__all__ = ["blame"]

HISTORY_CALLS = 10_000


@click.command()
@click.argument("rev", default="HEAD")
@click.argument("param", required=False)
@click.option("--all", "everything", is_flag=True, help="Give each value that only the provider named a line, too.")
@click.option("--history", metavar="NAME", help="When NAME last changed on this branch, and what changed it.")
@as_json
@store_options
def blame(
    *,
    rev: str,
    param: str | None,
    everything: bool,
    history: str | None,
    as_json: bool,
    store: str | None,
    tract: str | None,
) -> None:
    """Show where each parameter of a call came from: value, source, origin, what it shadowed, what was used.

    \b
    thence blame HEAD
    thence blame HEAD~2 temperature

    REV is a commit or a call, as in git; HEAD is the newest answer. PARAM is one parameter, told in full.
    """
    from thence.cli.lines import status
    from thence.cli.parameters import glance, story
    from thence.cli.record import Record
    from thence.cli.terminal import console, print_json
    from thence.errors import NotFound
    from thence.reading.document import parameters_document
    from thence.reading.facts import call_id, model

    with Record.opened(store, tract) as record:
        call = record.call(rev)
        if history is not None:
            _history(record, call, history, as_json=as_json)
            return
        params = call.params
        if param is not None and param not in params:
            raise NotFound(f"the call has no parameter {param}", hint=f"it has {', '.join(params)}")
        if as_json:
            document = parameters_document(params)
            print_json(document if param is None else document[param])
            return
        screen = console()
        if param is not None:
            lines = story(params[param], screen.width)
        else:
            from rich.text import Text

            name = call.commit.short if call.commit else call_id(call)
            title = Text(f"{name}  ", "yellow") + Text(f"{call.operation or '-'}  {model(call)}  ") + status(call)
            screen.print(title, Text(), sep="\n", soft_wrap=True)
            lines = glance(params, screen.width, everything=everything)
        for line in lines:
            screen.print(line, soft_wrap=True)


def _history(record: Record, call: Call, name: str, *, as_json: bool) -> None:
    """The changes of one parameter over the calls of a branch, up to ``call``."""
    from thence.cli.changes import changes, changes_document, changes_lines
    from thence.cli.terminal import console, print_json
    from thence.errors import NotFound
    from thence.store.naming import MAIN

    newest = islice(record.store.calls(record.tract).newest_first(), HISTORY_CALLS)
    found = changes((each for each in newest if each.branch == call.branch and each.id <= call.id), name)
    if all(each.now is None for each in found):
        raise NotFound(
            f"no call on {call.branch or MAIN} had a parameter {name}", hint="thence blame HEAD lists those of one"
        )
    if as_json:
        print_json(changes_document(found, name))
        return
    screen = console()
    for line in changes_lines(found, screen.width):
        screen.print(line, soft_wrap=True)
