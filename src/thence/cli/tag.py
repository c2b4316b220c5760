"""``thence tag``: names of commits that stay where they are."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import forms, store_options

__all__ = ["tag"]


@click.command()
@click.argument("name", required=False)
@click.argument("at", metavar="[REV]", default="HEAD")
@click.option("-d", "--delete", metavar="NAME", help="Take this name away; commits and calls stay.")
@forms
@store_options
def tag(*, name: str | None, at: str, delete: str | None, form: str, store: str | None, tract: str | None) -> None:
    """List tags, give a commit one, or take one away.

    \b
    thence tag
    thence tag shipped 3f2a91c0

    A tag does not move; a branch does.
    """
    from thence.cli.naming import give, listed, take_away

    if delete is not None:
        take_away("tag", delete, store, tract)
    elif name is not None:
        give("tag", name, at, store, tract)
    else:
        listed("tag", form, store, tract)
