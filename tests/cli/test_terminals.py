"""What a command prints where one of its streams is a terminal: pages, and progress of what takes long."""

from __future__ import annotations

import io
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.cli.test_process import THENCE

import thence
from thence.cli.pager import pager_of
from thence.cli.progress import pages
from thence.testing import Answer, Provider


def on_a_terminal(stream: str, command: Sequence[str], **variables: str) -> tuple[int, bytes, bytes]:
    """The exit code of a command, what it printed to the terminal that one stream is, and to the other stream."""
    master, terminal = pty.openpty()
    environ = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **variables}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: terminal}
    with subprocess.Popen([*THENCE, *command], env=environ, **streams) as process:
        os.close(terminal)
        printed = b""
        try:
            while piece := os.read(master, 65536):
                printed += piece
        except OSError:  # the other end is closed
            pass
        other = process.stdout or process.stderr
        assert other is not None
        rest = other.read()
    os.close(master)
    return process.returncode, printed, rest


@pytest.mark.parametrize(("pager", "shown"), [("sed s/^/paged:/", True), ("cat", False), ("", False)])
@pytest.mark.parametrize("command", [("log", "--oneline"), ("show", "a830acdcf4")])
def test_a_pager_is_for_terminals(history: Path, command: Sequence[str], pager: str, shown: bool) -> None:
    del history
    code, printed, said = on_a_terminal("stdout", command, THENCE_PAGER=pager)
    assert (code, said) == (0, b"")
    assert printed.startswith(b"paged:") == shown
    assert b"\x1b[" in printed


def test_no_pager_where_there_is_no_terminal(history: Path) -> None:
    del history
    environ = {**os.environ, "THENCE_PAGER": "sed s/^/paged:/"}
    piped = subprocess.run([*THENCE, "log", "--oneline"], capture_output=True, env=environ, check=True)
    assert b"paged:" not in piped.stdout


def test_a_pager_that_leaves_early_is_no_error(history: Path) -> None:
    del history
    code, _, said = on_a_terminal("stdout", ["log"], THENCE_PAGER="true")
    assert (code, said) == (0, b"")


def test_a_pager_that_is_not_there_costs_no_answer(history: Path) -> None:
    del history
    code, printed, said = on_a_terminal("stdout", ["log", "--oneline", "-n", "1"], PAGER="no-such-pager")
    assert code == 0
    assert b"no-such-pager" in said
    assert b"interrupted" in printed


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"TERM": "xterm"}, "less" if shutil.which("less") else None),
        ({"TERM": "dumb"}, None),
        ({}, None),
        ({"TERM": "dumb", "PAGER": "more"}, "more"),
        ({"THENCE_PAGER": "bat", "PAGER": "more"}, "bat"),
        ({"PAGER": "more"}, "more"),
        ({"PAGER": "cat"}, None),
        ({"THENCE_PAGER": "", "PAGER": "more"}, None),
    ],
)
def test_which_pager(environ: dict[str, str], command: str | None) -> None:
    assert pager_of(environ) == command


@pytest.fixture
def slow_sweep(nothing: Path) -> Any:
    """A command that waits for a provider for more than a second."""
    del nothing
    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0))
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        body = {"object": "chat.completion", "model": "m", "choices": []}
        provider.answer(Answer(body, delay=1.5), Answer(body, delay=0.5))
        yield ["sweep", "HEAD", "--set", "temperature=0,1", "--key-from", "KEY", "--format", "{calls}"]


def test_progress_is_for_terminals(slow_sweep: Sequence[str]) -> None:
    code, printed, rest = on_a_terminal("stderr", slow_sweep, KEY="none")
    assert (code, rest) == (0, b"1\n1\n")
    assert b"asking" in printed
    assert b"1 of 2" in printed


def test_no_progress_where_there_is_no_terminal(slow_sweep: Sequence[str]) -> None:
    done = subprocess.run([*THENCE, *slow_sweep], capture_output=True, env={**os.environ, "KEY": "none"}, check=True)
    assert (done.stdout, done.stderr) == (b"1\n1\n", b"")


def test_what_is_quick_shows_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    screen.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", screen)
    with pages("running") as advance:
        advance(1, 2)
    assert "running" not in screen.getvalue()
