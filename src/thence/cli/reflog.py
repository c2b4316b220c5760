"""``thence reflog``: where a branch was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import forms, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.record import Record

__all__ = ["reflog"]


@click.command()
@click.argument("branch", required=False)
@click.option("-n", "--last", "--limit", "limit", type=click.IntRange(1), help="The newest N moves only.")
@forms
@store_options
def reflog(*, branch: str | None, limit: int | None, form: str, store: str | None, tract: str | None) -> None:
    """Show where a branch was, newest first; BRANCH is HEAD's unless given.

    \b
    thence reflog
    thence reflog main -n 5 --json

    Each line begins with what names that place: main@{1} is where main was before its last move.
    """
    from thence.cli.forms import print_rows
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.errors import NotFound
    from thence.store.naming import tract_id_of
    from thence.store.revisions import head_of

    with Record.opened(store, tract) as record:
        name = branch or head_of(record.store, tract_id_of(record.tract))[0]
        moves = record.store.reflog(name, record.tract)[:limit]
        if not moves:
            raise NotFound(f"no branch {name} has ever moved", hint="thence branch")
        if form != "table":
            print_rows(form, [_document(f"{name}@{{{count}}}", row) for count, row in enumerate(moves)])
        else:
            show(lambda width: _lines(record, name, moves, width))


def _document(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    from thence.store.records import moment

    said = {"name": name, **{key: row[key] for key in ("old", "new", "action", "message")}}
    return {**said, "moved_at": moment(row["moved_at"]).isoformat()}


def _lines(record: Record, name: str, moves: list[Mapping[str, Any]], width: int) -> Iterator[Text]:
    from rich.text import Text

    from thence.cli.lines import words
    from thence.reading.values import clock
    from thence.reading.visible import one_line
    from thence.store.records import moment

    for count, row in enumerate(moves):
        commit = record.commit(row["new"]) if row["new"] else None
        line = Text(f"{commit.short if commit else '-':<10} ", "yellow").append(f"{name}@{{{count}}}  ", "cyan")
        line.append(f"{clock(moment(row['moved_at']))}  ", "dim").append(f"{one_line(row['action'])}  ")
        if commit:
            line += words(commit, max(width - line.cell_len, 12))
        yield line
