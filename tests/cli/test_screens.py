"""Golden screens: what commands print about a history that holds one call of each kind.

``GOLDEN=write pytest tests/cli/test_screens.py`` writes the files anew; read what has changed before you commit it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.cli.conftest import Run

SCREENS = Path(__file__).with_name("screens")
WRITE = os.environ.get("GOLDEN") == "write"

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
    shown = steady(done.stdout, history)
    golden = SCREENS / f"{name}.txt"
    if WRITE:
        golden.write_text(shown)
    assert shown == golden.read_text()
    if not name.endswith("json"):
        assert max(map(cell_len, shown.splitlines())) <= 80


def steady(shown: str, folder: Path) -> str:
    """What differs from machine to machine or release to release taken out, and spaces at the end of lines."""
    shown = re.sub(r"\(schema \d+\)", "(schema N)", shown.replace(str(folder), "/home/ada"))
    return re.sub(r" +$", "", shown, flags=re.MULTILINE)
