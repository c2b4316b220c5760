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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, NoReturn

from rich.console import Console

from thence.cli.terminal import console

__all__ = ["paged", "pager_of"]


def pager_of(environ: Mapping[str, str]) -> str | None:
    """The pager's command line; None where none is wanted or there is none."""
    for name in ("THENCE_PAGER", "PAGER"):
        if name in environ:
            command = environ[name].strip()
            return None if command in ("", "cat") else command
    return "less" if shutil.which("less") else None


class _Piped(Console):
    """What a pager reads. One that has seen enough ends the printing; by itself Rich would end the process."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


@contextmanager
def paged() -> Iterator[Console]:
    """A console that the pager reads; that of standard output where there is no terminal or no pager."""
    command = pager_of(os.environ) if sys.stdout.isatty() else None
    if command is None:
        yield console()
        return
    environ = {"LESS": "FRX", "LV": "-c", **os.environ}
    with subprocess.Popen(command, shell=True, stdin=subprocess.PIPE, env=environ) as pager:  # noqa: S602 - git's way
        assert pager.stdin is not None
        yield from _written_to(pager.stdin)


def _written_to(pipe: IO[bytes]) -> Iterator[Console]:
    stream = io.TextIOWrapper(pipe, encoding=sys.stdout.encoding, errors="backslashreplace")
    try:
        yield _Piped(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough; what is buffered goes nowhere
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, pipe.fileno())
        os.close(nowhere)
    stream.close()
