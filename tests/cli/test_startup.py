"""What commands don't bring in: a start is fast by what is not imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from thence.cli import app
from thence.cli.catalogue import Later

LOADED = """
import sys
from thence.cli import app
app(sys.argv[1:], standalone_mode=False)
print(*sorted(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        ("--help", {"sqlalchemy", "lark", "alembic", "thence.store", "thence.journal", "pydantic"}),
        ("log", {"lark", "alembic", "pydantic", "openai", "thence.upkeep"}),
        ("blame", {"lark", "alembic", "pydantic", "openai", "thence.upkeep"}),
        ("sources", {"sqlalchemy", "lark"}),
    ],
)
def test_what_is_not_imported(history: Path, command: str, absent: set[str]) -> None:
    del history
    done = subprocess.run([sys.executable, "-c", LOADED, command], capture_output=True, text=True, check=True)
    assert sorted(absent & set(done.stderr.split())) == []


@pytest.mark.parametrize("name", app.commands)
def test_a_line_of_help_names_the_command_that_it_stands_for(name: str) -> None:
    later = app.commands[name]
    assert isinstance(later, Later)
    assert later.real.name == name
    assert len(later.get_short_help_str(100)) < 66
