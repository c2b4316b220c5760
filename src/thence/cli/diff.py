"""``thence diff``: what differs between two calls, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import forms_of_one, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.cli.grid import Cell
    from thence.reading.differing import Compared, Pair
    from thence.store import Call, CommitInfo

__all__ = ["diff", "diff_document", "diff_lines"]

DIFFERENT = 1


@click.command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="[B]", default="HEAD")
@click.option("--exit-code", is_flag=True, help="Exit 1 where anything differs.")
@forms_of_one
@store_options
@click.pass_context
def diff(
    ctx: click.Context,
    *,
    one: str,
    other: str,
    exit_code: bool,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Show what differs between two calls: parameters and their sources, context and answer by word, usage.

    \b
    thence diff 3f2a91c0 HEAD
    thence diff main experiment --json

    A and B are commits or calls, as in git; B is HEAD unless given. A..B is the same as A B. Of a parameter, a value or
    a source that differs counts; times do not.
    """
    from thence.cli.forms import print_document
    from thence.cli.record import Record
    from thence.cli.terminal import show
    from thence.reading.differing import compare
    from thence.reading.record import check_range

    if ".." in one:
        check_range(one)
        one, _, said = one.partition("..")
        one, other = one or "HEAD", said or other
    with Record.opened(store, tract) as record:
        sides = record.find(one), record.find(other)
        found = compare(record, *sides)
        if form != "table":
            print_document(form, diff_document(sides, found))
        else:
            show(lambda width: diff_lines(sides, found, width))
    if exit_code and found:
        ctx.exit(DIFFERENT)


def diff_document(sides: tuple[Call | CommitInfo, Call | CommitInfo], found: Compared) -> dict[str, Any]:
    """What differs, as JSON."""
    from thence.reading.document import commit_document, parameter_document
    from thence.reading.record import is_call

    def pairs(of: list[Pair]) -> list[list[Any]]:
        return [[each and commit_document(each) for each in pair] for pair in of]

    return {
        "between": [side.id if is_call(side) else side.hash for side in sides],
        "params": {
            name: [each and parameter_document(each) for each in pair] for name, pair in found.parameters.items()
        },
        "shared": found.shared,
        "context": pairs(found.context),
        "answer": pairs(found.answer),
        "outcome": {name: list(pair) for name, pair in found.outcome.items()},
    }


def diff_lines(sides: tuple[Call | CommitInfo, Call | CommitInfo], found: Compared, width: int) -> Iterator[Text]:
    """What differs, on the screen: both sides on a line each, then only what is not the same."""
    from rich.text import Text

    from thence.cli.columns import parameter_cell
    from thence.cli.grid import grid
    from thence.cli.lines import call_line, commit_line
    from thence.cli.render import value
    from thence.reading.record import is_call

    for sign, side in zip(("-", "+"), sides, strict=True):
        line = call_line(side, [], width - 2) if is_call(side) else commit_line(side, [], [], width - 2)
        yield Text(f"{sign} ", "red" if sign == "-" else "green") + line
    if not found:
        yield Text()
        same = "settings, context and answer" if all(map(is_call, sides)) else "context"
        yield Text(f"nothing differs: the same {same}")
    rows: list[list[Cell]] = [[name, *map(parameter_cell, pair)] for name, pair in found.parameters.items()]
    if rows:
        yield Text()
        yield from grid(["parameter", "-", "+"], rows, width, elastic=0)
    yield from _texts("context", found.context, f"beside {found.shared} that both have" if found.shared else "")
    yield from _texts("answer", found.answer, "")
    if found.outcome:
        yield Text()
        told = [
            [name, *(("-" if each is None else value(each, 30)) for each in pair)]
            for name, pair in found.outcome.items()
        ]
        yield from grid(["outcome", "-", "+"], told, width, elastic=0)


def _texts(title: str, pairs: list[Pair], where: str) -> Iterator[Text]:
    """Items side by side, with what is gone as ``[-...-]`` and what is new as ``{+...+}``."""
    from rich.text import Text

    from thence.reading.said import said_by
    from thence.reading.visible import one_line, visible
    from thence.reading.wording import compared

    if pairs:
        yield Text()
        yield Text(title, "bold").append(f"  {where}" if where else "", "dim")
    for one, other in pairs:
        roles = [one_line(each.role or each.content_type) for each in (one, other) if each]
        yield Text("  " + " → ".join(dict.fromkeys(roles)), "dim")
        line = Text("    ")
        for removed, added in compared(*(visible(said_by(each)) if each else "" for each in (one, other))):
            if removed == added:
                line.append(removed)
                continue
            line.append(f"[-{removed}-]" if removed else "", "red").append(f"{{+{added}+}}" if added else "", "green")
        yield from (Text("    ") + part if number else part for number, part in enumerate(line.split("\n")))
