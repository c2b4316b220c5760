"""Calls as rows of a table: the columns that everybody wants, and those that a query asks about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import rich_click as click
from rich.text import Text

from thence.cli.grid import Cell, grid
from thence.cli.lines import status
from thence.cli.render import cut, style_of, value
from thence.params import Parameter
from thence.query import Param, parse
from thence.reading.facts import name_of
from thence.reading.values import letter

if TYPE_CHECKING:
    from thence.store import Call, Calls

__all__ = ["call_lines", "nothing_found", "parameter_cell"]

_MODEL = 2


def call_lines(calls: Calls, expression: str, width: int) -> Iterator[Text]:
    """A line for each call, newest first: name, time, model, how it ended, tokens, and the parameters asked about."""
    names = _asked_about(expression)
    header = ["call", "started", "model", "status", "in", "out", *names]
    rows = (_row(call, names) for call in calls.newest_first())
    yield from grid(header, rows, width, elastic=_MODEL, right=(4, 5))


def _asked_about(expression: str) -> list[str]:
    """The parameters that a query names, but the model, which has a column already."""
    operands = [condition.operand for condition in parse(expression).conditions()]
    names = [str(operand.path[0]) for operand in operands if isinstance(operand, Param)]
    return [name for name in dict.fromkeys(names) if name != "model"]


def _row(call: Call, names: list[str]) -> list[Cell]:
    name = name_of(call)
    counts = (call.usage.input_tokens, call.usage.output_tokens)
    tokens = ["" if count is None else str(count) for count in counts]
    started = call.started_at.astimezone().strftime("%m-%d %H:%M:%S")
    asked = [parameter_cell(call.params.get(each)) for each in names]
    return [
        Text(name, "yellow"),
        started,
        call.request_model or call.response_model or "-",
        status(call),
        *tokens,
        *asked,
    ]


def parameter_cell(parameter: Parameter | None) -> Text:
    """A parameter's value and the letter of its source, and whether it was dropped, or renamed; nothing where there is
    none.
    """
    if parameter is None:
        return Text()
    cell = Text(cut(value(parameter.value, 24), 24)).append(f" {letter(parameter.source)}", style_of(parameter.source))
    return cell.append(f" {parameter.change or 'dropped'}") if parameter.state == "dropped" else cell


def nothing_found(calls: Calls) -> None:
    """Say on standard error that there is no such call, and what may have been meant."""
    click.echo("no calls", err=True)
    for name, meant in calls.misspelt().items():
        click.echo(f"  no call has a parameter {name}{f': {meant}' if meant else ''}", err=True)
