"""``thence branch``: names of commits that move on."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms, store_options

__all__ = ["branch"]


@click.command()
@click.argument("name", required=False)
@click.argument("at", metavar="[REV]", default="HEAD")
@click.option("-d", "--delete", metavar="NAME", help="Take this name away; commits and calls stay.")
@forms
@store_options
def branch(*, name: str | None, at: str, delete: str | None, form: str, store: str | None, tract: str | None) -> None:
    """List branches, make one, or take one away.

    \b
    thence branch
    thence branch warmer HEAD~2

    A branch moves on with each commit on it; a tag stays. New calls go where THENCE_BRANCH, a session or the client
    says.
    """
    from thence.cli.naming import give, listed, take_away

    if delete is not None:
        take_away("branch", delete, store, tract)
    elif name is not None:
        give("branch", name, at, store, tract)
    else:
        listed("branch", form, store, tract)
