"""``thence blame``: for each parameter of a call the value, where it came from, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import rich_click as click

from thence.cli.options import forms, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.record import Record
    from thence.store import Call

__all__ = ["blame"]

HISTORY_CALLS = 10_000
_MODEL = 26  # cells that the models get at least


@click.command()
@click.argument("rev", default="HEAD")
@click.argument("param", required=False)
@click.option("--all", "everything", is_flag=True, help="Give each value that only the provider named a line, too.")
@click.option("--history", metavar="NAME", help="When NAME last changed on this branch, and what changed it.")
@forms
@store_options
def blame(
    *,
    rev: str,
    param: str | None,
    everything: bool,
    history: str | None,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Show where each parameter of a call came from: value, source, origin, what it shadowed, what was used.

    \b
    thence blame HEAD
    thence blame HEAD~2 temperature

    REV is a commit or a call, as in git; HEAD is the newest answer. PARAM is one parameter, told in full.
    """
    from thence.cli.forms import print_rows
    from thence.cli.record import Record
    from thence.cli.terminal import print_json, show
    from thence.errors import NotFound
    from thence.query.fields import suggestion
    from thence.reading.document import parameter_rows, parameters_document

    if param is not None and history is not None:
        raise click.UsageError("PARAM or --history NAME, not both")
    with Record.opened(store, tract) as record:
        call = record.call(rev)
        if history is not None:
            _history(record, call, history, form=form)
            return
        params = call.params
        if param is not None and param not in params:
            hint = suggestion(param, params) or f"it has {', '.join(params)}"
            raise NotFound(f"the call has no parameter {param}", hint=hint)
        if form == "json":
            document = parameters_document(params)
            print_json(document if param is None else document[param])
        elif form != "table":
            print_rows(form, [row for row in parameter_rows(params) if param in (None, row["name"])])
        else:
            show(lambda width: _lines(call, param, width, everything=everything))


def _lines(call: Call, param: str | None, width: int, *, everything: bool) -> Iterator[Text]:
    from rich.text import Text

    from thence.cli.lines import status
    from thence.cli.parameters import glance, story
    from thence.cli.render import cut
    from thence.reading.facts import does, model, name_of

    if param is not None:
        yield from story(call.params[param], width)
        return
    name = name_of(call)
    said = Text(f"{name}  ", "yellow") + Text(f"{does(call)}  ")
    ended = Text("  ") + status(call)
    yield said + Text(cut(model(call), max(width - said.cell_len - ended.cell_len, _MODEL))) + ended
    yield Text()
    yield from glance(call.params, width, everything=everything)


def _history(record: Record, call: Call, name: str, *, form: str) -> None:
    """The changes of one parameter over the calls of a branch, up to ``call``."""
    from thence.cli.changes import changes, changes_document, changes_lines
    from thence.cli.forms import print_rows
    from thence.cli.terminal import show
    from thence.errors import NotFound
    from thence.store.naming import MAIN

    newest = islice(record.store.calls(record.tract).newest_first(), HISTORY_CALLS)
    found = changes((each for each in newest if each.branch == call.branch and each.id <= call.id), name)
    if all(each.now is None for each in found):
        raise NotFound(
            f"no call on {call.branch or MAIN} had a parameter {name}", hint="thence blame HEAD lists those of one"
        )
    if form != "table":
        print_rows(form, changes_document(found, name))
    else:
        show(lambda width: changes_lines(found, width))
