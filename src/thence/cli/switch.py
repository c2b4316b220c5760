"""``thence switch``: which branch HEAD means."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import store_options

__all__ = ["switch"]


@click.command()
@click.argument("branch")
@click.option("-c", "--create", is_flag=True, help="Make the branch first, where HEAD is.")
@store_options
def switch(*, branch: str, create: bool, store: str | None, tract: str | None) -> None:
    """Let HEAD mean another branch: for these commands, and for Tract.open.

    \b
    thence switch experiment
    thence switch -c experiment

    Where calls are recorded is not changed by it: that is THENCE_BRANCH, a session's branch or the client's.
    """
    from thence.cli.record import Record
    from thence.errors import NotFound
    from thence.query.fields import suggestion
    from thence.tract import Tract

    with Record.opened(store, tract) as record:
        opened = Tract(record.store, record.tract)
        if create:
            opened.branch(branch)
        elif branch not in opened.branches():
            hint = suggestion(branch, opened.branches()) or f"make it: thence switch -c {branch}"
            raise NotFound(f"there is no branch {branch}", hint=hint)
        opened.switch(branch)
    click.echo(f"HEAD is {branch} now", err=True)
