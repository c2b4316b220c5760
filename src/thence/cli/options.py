"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from thence.cli.record import Record
    from thence.store import Calls

__all__ = [
    "address",
    "as_json",
    "assignment",
    "chosen",
    "forms",
    "forms_of_one",
    "store_option",
    "store_options",
    "which",
]

Function = TypeVar("Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, with the names of the Python face.")

store_option = click.option(
    "--store", metavar="PATH|URL", help="The store; by default as configured (THENCE_STORE), else the nearest .thence/."
)
_tract = click.option("--tract", metavar="NAME", help="The tract; by default THENCE_TRACT, else main.")

_FORMS: Final = {
    "json": "JSON, with the names of the Python face.",
    "jsonl": "JSON, a line each.",
    "csv": "CSV, for spreadsheets.",
    "table": "For reading; the default.",
}
_FORMS_OF_ONE: Final = {
    "json": "JSON, with the names of the Python face.",
    "jsonl": "The same on one line.",
    "table": "For reading; the default.",
}


def address(port: int) -> Callable[[Function], Function]:
    """``--host`` and ``--port``, with the port that is served on by default."""
    served = click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=port,
        show_default=True,
        help="Port to serve on; 0 takes a free one.",
    )
    host = click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
    return lambda function: host(served(function))


def store_options(function: Function) -> Function:
    """``--store`` and ``--tract``."""
    return store_option(_tract(function))


def forms(function: Function) -> Function:
    """``--json``, ``--jsonl``, ``--csv``, ``--table`` and ``--format``: how what was found is printed, as ``form``."""
    return _forms(function, _FORMS)


def forms_of_one(function: Function) -> Function:
    """``--json``, ``--jsonl``, ``--table`` and ``--format``: how one document is printed, as ``form``."""
    return _forms(function, _FORMS_OF_ONE)


def _forms(function: Function, names: Mapping[str, str]) -> Function:
    def named(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
        """The name of a form, or a template: text with the names of fields in braces."""
        if value is not None and value not in names and "{" not in value:
            raise click.BadParameter(f"{value!r} is neither {', '.join(names)} nor a template like '{{id}} {{status}}'")
        return value

    @wraps(function)
    def printed(*args: Any, form: str, spelled: str | None, **kwargs: Any) -> Any:
        return function(*args, form=spelled or form, **kwargs)

    said = "One of these by name, or a template: '{id} {status}'."
    command = click.option("--format", "spelled", callback=named, metavar="FORM", help=said)(printed)
    for name, help_ in reversed(list(names.items())):
        default = True if name == "table" else None
        command = click.option(f"--{name}", "form", flag_value=name, default=default, help=help_)(command)
    return command  # type: ignore[return-value]


def which(function: Function) -> Function:
    """``--since``, ``--until`` and ``-n``, ``--last`` or ``--limit``: which calls; see :func:`chosen`."""
    newest = click.option("-n", "--last", "--limit", "last", type=click.IntRange(1), metavar="N", help="The newest N.")
    until = click.option("--until", metavar="WHEN", help="Only calls that began before.")
    since = click.option("--since", metavar="WHEN", help="Only calls from then on: 2026-11-22, 2h (ago), yesterday.")
    return since(until(newest(function)))


def chosen(record: Record, where: str | None, since: str | None, until: str | None, last: int | None) -> Calls:
    """The calls of a record that the options mean.

    Raises:
        QueryError: one of them can't be read.
    """
    calls = record.store.calls(record.tract)
    if where:
        calls = calls.where(where)
    if since:
        calls = calls.since(_moment(since))
    if until:
        calls = calls.until(_moment(until))
    return calls.last(last) if last else calls


def _moment(text: str) -> str:
    """A moment as a query takes it; ``2h`` alone is two hours ago, for no other moment can be meant."""
    from contextlib import suppress

    from thence.errors import QueryError
    from thence.query import read_time

    with suppress(QueryError):
        read_time(f"{text} ago")
        return f"{text} ago"
    return text


def assignment(text: str) -> tuple[str, Any]:
    """A parameter's name and value from ``NAME=VALUE``: JSON where it can be read as JSON, else text, as NaN is.

    Raises:
        click.BadParameter: it is not of that form.
    """
    import json

    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value, parse_constant=_no_json)
    except ValueError:
        return name, value


def _no_json(constant: str) -> None:
    raise ValueError(constant)
