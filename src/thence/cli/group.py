"""The command group: how errors end, and which commands there are."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import rich_click as click

from thence.cli.catalogue import COMMANDS, Later
from thence.errors import QueryError, ThenceError, Unavailable

__all__ = ["app", "main"]

INTERRUPTED = 130

click.rich_click.PADDING_HELPTEXT_FIRST_LINE = (0, 0, 1, 0)  # the examples stand apart


class Commands(click.RichGroup):
    """A group whose commands end as the exit codes in ``docs/reference/exit-codes.md`` say."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As the catalogue has them, the most used first."""
        del ctx
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of Thence's is a message and a hint on standard error, never a traceback."""
        try:
            return super().invoke(ctx)
        except ThenceError as error:
            click.echo(f"thence: {_told(error)}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


def _told(error: ThenceError) -> str:
    from thence.reading.visible import visible

    said = error.pointed() if isinstance(error, QueryError) else error.message
    return visible(f"{said}\n  {error.hint}" if error.hint and error.hint not in said else said)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="thence", prog_name="thence")
def app() -> None:
    """Every LLM call of your program as a commit, and where each parameter came from.

    \b
    thence log --graph           what was asked and answered, newest first
    thence blame HEAD            each value, where it came from, what was used
    """


for room, commands in COMMANDS.items():
    for name, short_help in commands.items():
        app.add_command(Later(name, short_help, room), panel=room)


def main() -> None:
    """The ``thence`` command."""
    _opened()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if os.environ.get("COLUMNS") == "0":  # some terminals say so that know no width; Rich would leave no room at all
        del os.environ["COLUMNS"]
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # or the interpreter's end does, and says what happens in its own words
    except OSError as error:
        _ended_by(error)


def _opened() -> None:
    """A standard stream that came closed is one of nothing: else the store's file would be opened in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the process ends


def _ended_by(error: OSError) -> NoReturn:
    """End where output can't be written (a disk is full) or a file can't be read; a closed pipe needs no word."""
    if error.errno != errno.EPIPE:
        said = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        click.echo(f"thence: {said}", err=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is buffered goes nowhere
    sys.exit(1 if error.errno == errno.EPIPE else Unavailable.exit_code)
