"""``thence sweep``: a recorded request over a grid of settings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import assignment, forms, store_options

if TYPE_CHECKING:
    from rich.text import Text

    from thence.replay import Point
    from thence.store import Call

__all__ = ["sweep"]

FAILED = 1
TOO_MANY = 429
RETRIES = 6  # of the SDK, which waits as long as the provider says

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|.', re.DOTALL)
_OPEN, _CLOSE = ("[", "{"), ("]", "}")


@click.command()
@click.argument("rev", default="HEAD")
@click.option("--set", "settings", multiple=True, required=True, metavar="NAME=V,V,...", help="The values; repeatable.")
@click.option("--repeat", type=click.IntRange(1), default=1, show_default=True, help="How often each is asked.")
@click.option("--branch", default="sweep", show_default=True, help="The branch that the answers move.")
@click.option("--key-from", metavar="VARIABLE", help="The variable that holds the key; by default the host's own.")
@forms
@store_options
@click.pass_context
def sweep(
    ctx: click.Context,
    *,
    rev: str,
    settings: tuple[str, ...],
    repeat: int,
    branch: str,
    key_from: str | None,
    form: str,
    store: str | None,
    tract: str | None,
) -> None:
    """Send a recorded request with every combination of settings, and show what came of each.

    \b
    thence sweep HEAD --set temperature=0,0.4,0.8 --repeat 3
    thence sweep 3f2a91c0 --set model=gpt-4o,gpt-4o-mini --set seed=1,2 --csv

    Each request is one as thence replay sends it, and costs as much. A sweep that broke off goes on where it was: what
    was answered is not sent again. Where the provider asks to wait, it waits; where that does not help, it ends, and
    goes on when you say it again. Values are parted by commas, but for those inside brackets and quotes: JSON is one
    value, and a single JSON list is a list of them. Exits 1 where a call failed.
    """
    from thence.cli.forms import print_rows
    from thence.cli.progress import pages
    from thence.cli.record import Record
    from thence.cli.replay import sender
    from thence.cli.terminal import show
    from thence.replay import answered, grid

    points = grid(dict(map(_values, settings)), repeat)
    with Record.opened(store, tract) as record:
        sends = sender(record, rev, branch, key_from, RETRIES)
        found = dict(answered(record.store, sends.call))
        waiting = [point for point in points if point.name not in found]
        if len(waiting) < len(points):
            click.echo(f"{len(points) - len(waiting)} of {len(points)} were answered before", err=True)
        with _broken_off(points, found), pages("asking") as advance:
            for number, point in enumerate(waiting, 1):
                found[point.name] = sends.send(point)
                advance(number, len(waiting))
                if found[point.name].http_status == TOO_MANY:
                    left = len(waiting) - number
                    click.echo(f"the provider wants a longer pause: {left} not asked; say it again later", err=True)
                    break
        rows = list(_outcomes(points, found))
        if form != "table":
            print_rows(form, rows)
        else:
            show(lambda width: _lines(rows, width))
    if any(row["failed"] for row in rows):
        ctx.exit(FAILED)


@contextmanager
def _broken_off(points: Sequence[Point], found: dict[str, Call]) -> Iterator[None]:
    """Say at Ctrl-C what is left, and that no answer is lost."""
    try:
        yield
    except KeyboardInterrupt:
        left = sum(point.name not in found for point in points)
        click.echo(f"interrupted: {left} of {len(points)} not answered; say it again to go on", err=True)
        raise


def _values(text: str) -> tuple[str, list[Any]]:
    """A parameter's name and the values that it takes."""
    name, value = assignment(text)
    if isinstance(value, list):
        return name, value
    return name, [assignment(f"{name}={each}")[1] for each in _parted(text.partition("=")[2])]


def _parted(text: str) -> list[str]:
    """What stands between the commas; those inside brackets and quotes are a value's own.

    Raises:
        click.BadParameter: a bracket has no other: half a value would be sent, and paid for.
    """
    parts, depth = [""], 0
    for piece in _PIECE.findall(text):
        depth += (piece in _OPEN) - (piece in _CLOSE)
        if depth < 0:
            break
        if piece == "," and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    if depth:
        raise click.BadParameter(f"{text!r} has a bracket without its other; write a JSON list of the values")
    return parts


def _outcomes(points: Sequence[Point], found: dict[str, Call]) -> Iterator[dict[str, Any]]:
    """For each combination: calls and failures, how many different answers, mean tokens and time, the first answer."""
    from thence.reading.said import said_by

    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(json.dumps(dict(point.values)), []).append(point)
    for members in groups.values():
        calls = [found[point.name] for point in members if point.name in found]
        answers = [call.commit for call in calls if call.commit]
        yield {
            **members[0].values,
            "calls": len(calls),
            "failed": sum(call.status == "failed" for call in calls),
            "answers": len(set(answers)),
            "out": _mean([call.usage.output_tokens for call in calls]),
            "seconds": _mean([call.duration for call in calls]),
            "cost": _cost(calls),
            "finish": ",".join(sorted({reason for call in calls for reason in call.finish_reasons})),
            "answer": said_by(answers[0]) if answers else calls[0].error if calls else None,
        }


def _cost(calls: Sequence[Call]) -> float | None:
    """What they cost together; None where that is not known of each."""
    costs = [call.cost for call in calls]
    known = [cost.total for cost in costs if cost is not None]
    return float(sum(known)) if known and len(known) == len(costs) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _lines(rows: list[dict[str, Any]], width: int) -> Iterator[Text]:
    from thence.cli.grid import grid
    from thence.cli.render import value
    from thence.prices import dollars
    from thence.reading.values import elapsed

    names = list(rows[0])
    count = len(names) - names.index("calls")
    shown = []
    for row in rows:
        cells = list(row.values())
        told = [each if isinstance(each, str) else value(each, 30) for each in cells[:-count]]
        calls, failed, answers, out, seconds, cost, finish, answer = cells[-count:]
        counts = [str(calls), str(failed), str(answers), "" if out is None else f"{out:g}", elapsed(seconds)]
        counts.append("" if cost is None else dollars(Decimal(str(cost))))
        shown.append([*told, *counts, finish, answer or "-"])
    first = names.index("calls")
    yield from grid(names, shown, width, elastic=len(names) - 1, right=range(first, first + 6))
