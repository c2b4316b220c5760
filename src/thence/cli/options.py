"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import rich_click as click

__all__ = ["as_json", "assignment", "store_options"]

Function = TypeVar("Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, with the names of the Python face.")

_store = click.option(
    "--store", metavar="PATH|URL", help="The store; by default THENCE_STORE, else the nearest .thence/."
)
_tract = click.option("--tract", metavar="NAME", help="The tract; by default THENCE_TRACT, else main.")


def store_options(function: Function) -> Function:
    """``--store`` and ``--tract``."""
    return _store(_tract(function))


def assignment(text: str) -> tuple[str, Any]:
    """A parameter's name and value from ``NAME=VALUE``: JSON where it can be read as JSON, else text.

    Raises:
        click.BadParameter: it is not of that form.
    """
    import json

    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
