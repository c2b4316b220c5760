"""``thence reset``: a branch at another commit."""

from __future__ import annotations

import rich_click as click

from thence.cli.options import store_options

__all__ = ["reset"]


@click.command()
@click.argument("rev")
@click.option("--branch", metavar="NAME", help="The branch to move; by default HEAD's.")
@store_options
def reset(*, rev: str, branch: str | None, store: str | None, tract: str | None) -> None:
    """Move a branch to another commit. Nothing is lost: what it leaves is in thence reflog.

    \b
    thence reset HEAD~2
    thence reset main@{1}
    """
    from thence.cli.record import Record
    from thence.errors import NotFound
    from thence.query.fields import suggestion
    from thence.tract import Tract

    with Record.opened(store, tract) as record:
        opened = Tract(record.store, record.tract, branch=branch)
        if branch is not None and branch not in opened.branches():
            hint = suggestion(branch, opened.branches()) or f"make it: thence branch {branch} {rev}"
            raise NotFound(f"there is no branch {branch}", hint=hint)
        commit = opened.reset(rev)
    click.echo(f"{opened.current_branch} is at {commit.short} now", err=True)
