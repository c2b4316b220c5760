"""What commands print about a history that holds one call of each kind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import golden
from tests.cli.conftest import Run

COMMANDS = {
    "log": ["log"],
    "log-oneline": ["log", "--oneline", "-n", "4"],
    "log-graph": ["log", "--graph"],
    "show-hostile": ["show", "HEAD"],
    "show-call": ["show", "a830acdcf4"],
    "show-failed": ["show", "019c936e-4f70"],
    "show-question": ["show", "048a4f4293"],
    "blame": ["blame", "a830acdcf4"],
    "blame-all": ["blame", "--all", "a830acdcf4"],
    "blame-temperature": ["blame", "a830acdcf4", "temperature"],
    "blame-history": ["blame", "--history", "temperature"],
    "blame-json": ["blame", "a830acdcf4", "--json"],
    "show-json": ["show", "a830acdcf4", "--json"],
    "status": ["status"],
    "sources": ["sources"],
}


@pytest.fixture(autouse=True)
def utc(history: Path) -> Iterator[None]:
    del history
    time.tzset()
    yield
    time.tzset()


@pytest.mark.parametrize("name", COMMANDS)
def test_screen(name: str, history: Path, run: Run) -> None:
    done = run(*COMMANDS[name])
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    golden.check(name, done.stdout, history, wide=name.endswith(("json", "csv")))
