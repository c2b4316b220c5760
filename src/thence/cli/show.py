"""``thence show``: one call or one commit, whole."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms_of_one, store_options

__all__ = ["show"]


@click.command()
@click.argument("rev", default="HEAD")
@forms_of_one
@store_options
def show(*, rev: str, form: str, store: str | None, tract: str | None) -> None:
    """Show a call: parameters, usage, the context it was asked in, and the answer. Or a commit that no call made.

    \b
    thence show HEAD
    thence show HEAD~1 --json

    REV is a commit or a call, as in git; HEAD is the newest answer.
    """
    from thence.cli.forms import print_document
    from thence.cli.record import Record
    from thence.cli.terminal import show as shown
    from thence.cli.whole import whole_call, whole_commit
    from thence.reading.record import document, is_call

    with Record.opened(store, tract) as record:
        found = record.find(rev)
        if form != "table":
            print_document(form, document(found, whole=True))
            return
        shown(lambda width: whole_call(record, found, width) if is_call(found) else whole_commit(record, found, width))
