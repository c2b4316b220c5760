"""How long a command of ``thence`` takes to start, and to look at a store of a few calls.

Each command runs in a process of its own, as a shell would start it, in turn with the references: a bare interpreter,
one that imports SQLAlchemy, and one that imports rich and Click, which no command can do without. Printed are medians:
milliseconds of CPU time (which a busy machine stretches less), and of the clock.

Run: ``python benchmarks/startup.py [rounds]``
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ingest

TO_REACH = 250
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "python, sqlalchemy": ["-c", "import sqlalchemy"],
    "python, rich_click, rich": ["-c", "import rich_click, rich.text, rich.console"],
    "thence --help": ["-m", "thence.cli", "--help"],
    "thence log": ["-m", "thence.cli", "log"],
    "thence log --oneline": ["-m", "thence.cli", "log", "--oneline"],
    "thence show HEAD": ["-m", "thence.cli", "show", "HEAD"],
    "thence blame HEAD": ["-m", "thence.cli", "blame", "HEAD"],
}


def cost(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Milliseconds of CPU time, and of the clock, that a process takes."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, env=environment)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return (used.ru_utime + used.ru_stime) * 1e3, (time.perf_counter() - began) * 1e3


def main(rounds: int) -> None:
    """Measure, and print a line for each."""
    with tempfile.TemporaryDirectory() as temporary:
        ingest.drained(ingest.together(10), Path(temporary))[0].close()
        environment = {**os.environ, "THENCE_STORE": str(Path(temporary) / "store.db")}
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
        for _ in range(rounds + 1):
            for name, arguments in COMMANDS.items():
                found[name].append(cost(arguments, environment))
    print(f"{'':28}{'CPU ms':>8}{'ms':>8}")
    for name, costs in found.items():
        cpu, clock = (statistics.median(each) for each in zip(*costs[1:], strict=True))
        verdict = ("ok" if cpu <= TO_REACH else "NO") if name.startswith("thence") else ""
        print(f"{name:28}{cpu:8.0f}{clock:8.0f}  {verdict}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
