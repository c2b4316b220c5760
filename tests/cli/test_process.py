"""Commands as processes of their own, over what other processes left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from thence.testing import Answer, Provider

THENCE = [sys.executable, "-m", "thence.cli"]

CALLS_THEN_DIES = """
import os, openai, thence
client = thence.wrap(openai.OpenAI(base_url=os.environ["URL"], api_key="none", max_retries=0))
client.chat.completions.create(model="m", temperature=0.5, messages=[{"role": "user", "content": "hi"}])
os.kill(os.getpid(), 9)
"""

CALLS_AND_WAITS = """
import os, openai, thence
client = thence.wrap(openai.OpenAI(base_url=os.environ["URL"], api_key="none", max_retries=0))
client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hang"}])
"""


def thence(*arguments: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*THENCE, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **surroundings},
    )


def calls() -> list[dict[str, Any]]:
    done = thence("log", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_killed_right_after_the_answer(nothing: Path) -> None:
    del nothing
    with Provider() as provider:
        url = f"{provider.url}/v1"
        died = subprocess.run([sys.executable, "-c", CALLS_THEN_DIES], env={**os.environ, "URL": url}, check=False)
    assert died.returncode == -signal.SIGKILL
    (call,) = calls()
    assert (call["status"], call["generation_config"]) == ("completed", {"model": "m", "temperature": 0.5})
    assert thence("blame", "HEAD", "temperature").stdout.startswith("temperature\n")


def test_killed_while_it_waited(nothing: Path) -> None:
    with Provider() as provider:
        provider.answer(Answer({}, delay=30))
        url = f"{provider.url}/v1"
        with subprocess.Popen([sys.executable, "-c", CALLS_AND_WAITS], env={**os.environ, "URL": url}) as waits:
            wait_for(lambda: bool(provider.seen) and any(nothing.rglob("*.segment")))
            waits.kill()
    (call,) = calls()
    assert call["status"] == "interrupted"


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def test_colour_is_for_those_who_want_it(history: Path) -> None:
    del history
    assert "\x1b[" not in thence("log").stdout
    assert "\x1b[" in thence("log", FORCE_COLOR="1").stdout
    assert not re.search("\x1b\\[[0-9;]*[34][0-9]", thence("log", FORCE_COLOR="1", NO_COLOR="1").stdout)


def test_forced_colour_is_all_that_reaches_the_terminal(history: Path) -> None:
    del history
    shown = thence("show", "HEAD", FORCE_COLOR="1").stdout
    assert "\x1b[2J" not in shown
    assert "\x1b]" not in shown
    assert "\\x1b[2J" in shown


def test_a_reader_that_leaves_early_is_no_error(history: Path) -> None:
    del history
    line = f"{sys.executable} -m thence.cli log | head -n 1"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.startswith("call ")
    assert done.stderr == ""


def test_ctrl_c_ends_a_watch_with_130(history: Path) -> None:
    del history
    with subprocess.Popen(
        [*THENCE, "ingest", "--watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as watch:
        assert watch.stdout is not None
        watch.stdout.readline()
        watch.send_signal(signal.SIGINT)
        _, said = watch.communicate(timeout=20)
    assert (watch.returncode, said) == (130, b"")


def test_ascii_terminals_are_served(history: Path) -> None:
    del history
    done = thence("show", "a830acdcf4", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr


def test_a_statement_comes_from_standard_input(history: Path) -> None:
    del history
    done = subprocess.run(
        [*THENCE, "sql", "-", "--jsonl"], input="select 1 as a\n", capture_output=True, text=True, check=True
    )
    assert done.stdout == '{"a": 1}\n'


def test_the_package_is_the_command(history: Path) -> None:
    del history
    done = subprocess.run([sys.executable, "-m", "thence", "tag", "--json"], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_terminal_that_knows_no_width_has_room(history: Path) -> None:
    del history
    assert thence("log", "--oneline", COLUMNS="0").stdout == thence("log", "--oneline", COLUMNS="80").stdout


@pytest.mark.parametrize(
    ("command", "closed", "code"),
    [
        ("log", ">&-", 0),
        ("log --json", ">&- 2>&-", 0),
        ("show nowhere", "2>&-", 3),
        ("sql -", "<&-", 2),
        ("erase 'model = \"gpt-4o\"'", "<&-", 1),
        ("status", "<&- >&- 2>&-", 0),
    ],
)
def test_a_stream_that_came_closed_is_one_of_nothing(history: Path, command: str, closed: str, code: int) -> None:
    before = (history / ".thence/store.db").read_bytes()
    shell = f"{sys.executable} -m thence.cli {command} {closed}"
    done = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert (history / ".thence/store.db").read_bytes() == before
