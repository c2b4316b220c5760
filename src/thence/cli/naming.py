"""What ``branch`` and ``tag`` have in common: names of commits, listed, given and taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.record import Record

__all__ = ["name_or_list"]


def name_or_list(
    record: Record, kind: Literal["branch", "tag"], name: str | None, at: str, delete: str | None, *, as_json: bool
) -> None:
    """Give ``name`` to ``at``, take ``delete`` away, or list the names where neither is given.

    Raises:
        Conflict: the name is taken.
        NotFound, AmbiguousRevision: there is no such name, or no such commit.
        ThenceError: it is no name for a branch or tag.
    """
    from thence.cli.terminal import print_json, show
    from thence.errors import NotFound
    from thence.tract import Tract

    tract = Tract(record.store, record.tract)
    if delete is not None:
        if delete not in (tract.branches() if kind == "branch" else tract.tags()):
            raise NotFound(f"there is no {kind} {delete}", hint=f"thence {kind}")
        tract.delete(delete)
    elif name is not None:
        (tract.branch if kind == "branch" else tract.tag)(name, at)
    else:
        rows = [row for row in record.store.refs(record.tract) if row["kind"] == kind]
        if as_json:
            print_json([_document(row, tract.current_branch) for row in rows])
        else:
            show(lambda width: _lines(record, rows, tract.current_branch, width))


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
