"""What ``branch`` and ``tag`` have in common: names of commits, listed, given and taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

import rich_click as click

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.record import Record

__all__ = ["give", "listed", "take_away"]

Kind = Literal["branch", "tag"]

_COLUMNS: Final = ("name", "commit", "moved_at", "current")
_NONE: Final = {
    "branch": "no branches yet: the first call makes main",
    "tag": "no tags yet\n  thence tag NAME gives the commit at HEAD one",
}


def give(kind: Kind, name: str, at: str, store: str | None, tract: str | None) -> None:
    """Give ``name`` to the commit ``at``.

    Raises:
        Conflict: the name is taken.
        NotFound, AmbiguousRevision: there is no such commit.
        ThenceError: it is no name for a branch or tag.
    """
    from thence.cli.record import Record
    from thence.store import CommitInfo
    from thence.tract import Tract

    with Record.opened(store, tract) as record:
        opened = Tract(record.store, record.tract)
        (opened.branch if kind == "branch" else opened.tag)(name, at)
        stands = record.store.resolve(name, record.tract)
        click.echo(f"{kind} {name} is at {stands.short if isinstance(stands, CommitInfo) else '-'}", err=True)


def take_away(kind: Kind, name: str, store: str | None, tract: str | None) -> None:
    """Take a name away.

    Raises:
        Conflict: it is the branch that HEAD means.
        NotFound: there is no such name.
    """
    from thence.cli.record import Record
    from thence.errors import Conflict, NotFound
    from thence.query.fields import suggestion
    from thence.tract import Tract

    with Record.opened(store, tract) as record:
        opened = Tract(record.store, record.tract)
        names = opened.branches() if kind == "branch" else opened.tags()
        if name not in names:
            raise NotFound(f"there is no {kind} {name}", hint=suggestion(name, names) or f"thence {kind}")
        if kind == "branch" and name == opened.current_branch:
            raise Conflict(f"HEAD is {name}", hint="thence switch to another branch first")
        was = next(row["commit_hash"] for row in record.store.refs(record.tract) if row["name"] == name)
        opened.delete(name)
        said = f", which was at {record.commit(was).short}" if was else ""
        click.echo(f"took away {kind} {name}{said}", err=True)


def listed(kind: Kind, form: str, store: str | None, tract: str | None) -> None:
    """List the names."""
    from thence.cli.forms import listing, print_rows
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.tract import Tract

    with listing(form), Record.opened(store, tract) as record:
        current = Tract(record.store, record.tract).current_branch
        rows = [row for row in record.store.refs(record.tract) if row["kind"] == kind]
        if form != "table":
            print_rows(form, [_document(row, current) for row in rows], _COLUMNS)
        else:
            show(lambda width: _lines(record, rows, current, width))
        if not rows:
            click.echo(_NONE[kind], err=True)


def _document(row: Mapping[str, Any], current: str) -> dict[str, Any]:
    from thence.store.records import moment

    moved = moment(row["moved_at"]).isoformat()
    return {
        "name": row["name"],
        "commit": row["commit_hash"],
        "moved_at": moved,
        "current": row["kind"] == "branch" and row["name"] == current,
    }


def _lines(record: Record, rows: list[Mapping[str, Any]], current: str, width: int) -> Iterator[Text]:
    from rich.text import Text

    from thence.cli.lines import words
    from thence.reading.visible import one_line

    longest = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        here = row["kind"] == "branch" and row["name"] == current
        line = Text("* " if here else "  ", "green").append(f"{one_line(row['name']):<{longest}}  ", "bold cyan")
        if row["commit_hash"]:
            commit = record.commit(row["commit_hash"])
            line.append(f"{commit.short} ", "yellow")
            line += words(commit, max(width - line.cell_len, 12))
        yield line
