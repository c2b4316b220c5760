"""Golden screens: ``GOLDEN=write pytest tests/cli`` writes the files anew; read what has changed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from rich.cells import cell_len

SCREENS = Path(__file__).with_name("screens")
WRITE = os.environ.get("GOLDEN") == "write"


def check(name: str, printed: str, folder: Path, *, wide: bool = False) -> None:
    """That ``printed`` is the screen ``name``; what differs from machine to machine is taken out."""
    shown = steady(printed, folder)
    golden = SCREENS / f"{name}.txt"
    if WRITE:
        golden.write_text(shown)
    assert shown == golden.read_text()
    if not wide:
        assert max(map(cell_len, shown.splitlines())) <= 80


def steady(shown: str, folder: Path) -> str:
    """What differs from machine to machine or release to release taken out, and spaces at the end of lines."""
    shown = re.sub(r"\(schema \d+\)", "(schema N)", shown.replace(str(folder), "/home/ada"))
    shown = re.sub(r"genai-prices \d[\w.]*", "genai-prices N", shown)
    shown = re.sub(r'("moved_at": ")[^"]*', r"\g<1>2026-02-25T06:13:30+00:00", shown)
    return re.sub(r" +$", "", shown, flags=re.MULTILINE)
