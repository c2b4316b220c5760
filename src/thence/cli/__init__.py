"""The ``thence`` command: one module a command, heavy imports inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thence.cli.group import app as app

__all__ = ["app", "main"]

_GROWTH = 50_000
"""Objects by which a command grows before Python looks for cycles: its imports make more than the usual 700 at a time,
and next to none of them ever goes.
"""


def main() -> None:
    """The ``thence`` command."""
    import gc

    gc.set_threshold(_GROWTH)
    from thence.cli.group import main as run

    run()


def __getattr__(name: str) -> Any:
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from thence.cli.group import app

    return app
