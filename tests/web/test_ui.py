"""``thence ui`` as a user runs it: a process that prints an address, shows calls as they end, and ends at Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.cli.history import BLUE, COLOUR, SYSTEM, History

COMMAND = [sys.executable, "-m", "thence.cli", "ui", "--no-open"]


@contextmanager
def running(store: Path, *options: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the address that it printed."""
    surroundings = {**os.environ, **variables}
    command = [*COMMAND, "--port", "0", "--store", str(store), *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def rows(address: str) -> list[Any]:
    origin, _, token = address.partition("/#")
    request = Request(f"{origin}/log.json", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=60) as answer:
        found: list[Any] = json.load(answer)["rows"]
    return found


def test_it_shows_what_ends_meanwhile_and_ends_at_an_interrupt(history: Path) -> None:
    with running(history) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        before = len(rows(address))
        assert before == 7
        more = History(history)
        more.calls = 20
        more.chat([SYSTEM, COLOUR], BLUE)
        more.writer.close()
        until = time.monotonic() + 60
        while len(rows(address)) == before and time.monotonic() < until:
            time.sleep(0.2)
        assert len(rows(address)) == before + 1
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130, -signal.SIGINT)
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_a_token_of_ones_own_is_taken(history: Path) -> None:
    token = "0123456789" * 4
    with running(history, THENCE_UI_TOKEN=token) as (_, address):
        assert address.endswith(f"/#{token}")
        assert rows(address)


def test_where_nothing_was_recorded_no_file_is_made(tmp_path: Path) -> None:
    command = [*COMMAND, "--store", str(tmp_path / "none.db")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "there is no store" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said(history: Path) -> None:
    with running(history) as (_, address):
        port = address.partition("/#")[0].rpartition(":")[2]
        command = [*COMMAND, "--store", str(history), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 69
    assert "--port 0 takes a free one" in done.stderr


def test_without_the_extra_it_says_what_to_install(history: Path) -> None:
    program = "import sys; sys.modules['uvicorn'] = None; from thence.cli import main; main()"
    command = [sys.executable, "-c", program, "ui", "--store", str(history)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "pip install 'thence[web]'" in done.stderr
