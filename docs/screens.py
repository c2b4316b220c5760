"""Makes the pictures of the command line in ``docs/img/``: commands on a small history, as a terminal shows them.

    python docs/screens.py

The history is the one that the tests of the commands use: one call of each kind, the same to the byte each time. So the
pictures change only where what the commands print has changed.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/img"
PICTURES = {
    "cli-log": ["log", "--graph", "-n", "9"],
    "cli-blame": ["blame", "a830acdcf4"],
    "cli-diff": ["diff", "a7b00f5b69", "a830acdcf4"],
    "cli-show": ["show", "a830acdcf4"],
    "cli-query": ["query", "temperature > 0.1 or seed exists"],
    "cli-stats": ["stats", "--by", "temperature", "--by", "source(temperature)"],
    "cli-history": ["blame", "--history", "temperature"],
}
WIDTH = 80


def main() -> None:
    """All of them."""
    sys.path.insert(0, str(ROOT))
    from tests.cli.history import write

    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / ".thence/store.db")
        for name, command in PICTURES.items():
            (IMAGES / f"{name}.svg").write_text(picture(command, Path(folder), name))


def picture(command: list[str], folder: Path, name: str) -> str:
    """What a command prints, as SVG."""
    surroundings = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TZ": "UTC", "TERM": "xterm-256color"}
    done = subprocess.run(
        [sys.executable, "-m", "thence.cli", *command], cwd=folder, env=surroundings, capture_output=True, check=True
    )
    screen = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    screen.print(Text.from_ansi(done.stdout.decode().rstrip("\n")), end="\n\n")  # or an underscore below is cut off
    words = [f"'{word}'" if re.search(r"[^\w=.:~@-]", word) else word for word in command]
    svg = screen.export_svg(title=f"$ thence {' '.join(words)}", unique_id=name)
    return re.sub(r"\s*@font-face \{.*?\}\n", "\n", svg, flags=re.DOTALL)  # the reader's own fonts: nothing is fetched


if __name__ == "__main__":
    main()
