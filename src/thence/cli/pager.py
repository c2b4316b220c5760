"""The pager, as git uses it: only on a terminal, ``less`` unless ``THENCE_PAGER`` or ``PAGER`` says otherwise.

``less`` is told to leave at once where all fits on the screen, to let colours through and to leave the screen as it is
(``FRX``). What was said by a model has been made harmless before it gets here.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import IO, Final, NoReturn

from rich.console import Console

from thence.cli.terminal import console

__all__ = ["paged", "pager_of"]

_NOT_STARTED: Final = (126, 127)
"""What a shell exits with that found no such program, or one that can't be run."""


def pager_of(environ: Mapping[str, str]) -> str | None:
    """The pager's command line; None where none is wanted or there is none."""
    for name in ("THENCE_PAGER", "PAGER"):
        if name in environ:
            command = environ[name].strip()
            return None if command in ("", "cat") else command
    return "less" if shutil.which("less") and environ.get("TERM", "dumb") not in ("", "dumb") else None


class _Piped(Console):
    """What a pager reads. One that has seen enough ends the printing; by itself Rich would end the process."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


def paged(say: Callable[[Console], None]) -> None:
    """Let the pager read what ``say`` prints; without a terminal or a pager, standard output gets it."""
    command = pager_of(os.environ) if sys.stdout.isatty() else None
    if command is None or not _read_by(command, say):
        say(console())


def _read_by(command: str, say: Callable[[Console], None]) -> bool:
    """Whether the shell could start the pager; it has said why where it could not."""
    environ = {"LESS": "FRX", "LV": "-c", **os.environ}
    with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environ) as pager:  # noqa: S602 - git's way
        assert pager.stdin is not None
        _write(pager.stdin, say)
    return pager.returncode not in _NOT_STARTED


def _write(pipe: IO[bytes], say: Callable[[Console], None]) -> None:
    stream = io.TextIOWrapper(pipe, encoding=sys.stdout.encoding, errors="backslashreplace")
    try:
        say(_Piped(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False))
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough; what is buffered goes nowhere
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, pipe.fileno())
        os.close(nowhere)
    stream.close()
