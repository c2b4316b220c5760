"""Thence in notebooks: ``%load_ext thence``, then ``%thence`` for commands, ``%%thence`` for a session around a cell.

::

    %thence log -n 5
    %thence show HEAD
    %%thence --param temperature=0.2 --tag draft
    client.chat.completions.create(...)

``%thence show`` gives the call itself, so the notebook shows it, and ``_`` has it; every other command prints.
"""

from __future__ import annotations

import argparse
import shlex
from typing import Any, Final

import rich_click as click

from thence import face
from thence.cli.group import app
from thence.cli.options import assignment
from thence.errors import ThenceError
from thence.scope import session
from thence.settings import Settings
from thence.store import Call, CommitInfo

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_NAME: Final = "thence"


def load_ipython_extension(shell: Any) -> None:
    """What IPython calls for ``%load_ext thence``."""

    def thence(line: str, cell: str | None = None) -> Any:
        return command(line) if cell is None else within(shell, line, cell)

    thence.__doc__ = __doc__
    shell.register_magic_function(thence, "line_cell", _NAME)


def unload_ipython_extension(shell: Any) -> None:
    """What IPython calls for ``%unload_ext thence``."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(_NAME, None)


def command(line: str) -> Any:
    """Run a command of Thence's; of ``show`` without options, the call or commit is returned."""
    words = shlex.split(line)
    try:
        if words[:1] == ["show"] and not any(word.startswith("-") for word in words):
            return _found(words[1] if len(words) > 1 else "HEAD")
        app.main(words, prog_name="%thence", standalone_mode=False)
    except click.ClickException as error:
        error.show()
    except ThenceError as error:
        click.echo(f"thence: {error.message}" + (f"\n  {error.hint}" if error.hint else ""), err=True)
    return None


def _found(revision: str) -> Call | CommitInfo:
    """The newest call that gave the commit that a revision names, else the commit, or the call."""
    store = face.open()
    store.flush()
    found = store.resolve(revision, Settings.load().tract)
    calls = store.calls_of(found) if isinstance(found, CommitInfo) else []
    return calls[0] if calls else found


def within(shell: Any, line: str, cell: str) -> None:
    """Run a cell inside a session."""
    said = _parser().parse_args(shlex.split(line))
    params = dict(map(assignment, said.param))
    with session(said.tract, said.branch, params=params, preset=said.preset, tags=said.tag):
        shell.run_cell(cell).raise_error()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="%%thence", description="Run the cell inside a session.")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="fills what calls leave unset"
    )
    parser.add_argument("--tag", action="append", default=[], help="kept with each call")
    parser.add_argument("--preset", help="name of a preset")
    parser.add_argument("--tract", help="the line of context that calls belong to")
    parser.add_argument("--branch", help="the branch whose head moves")
    return parser
