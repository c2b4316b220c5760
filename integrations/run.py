"""Run the smoke tests of the integrations, each with its real tool, and print a table: ``make integrations``.

``python run.py [NAME ...]``; with ``--light`` those whose tools the running interpreter
has. Ends with 1 where one fails.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from environment import HERE, interpreter, is_at_hand, names


def outcome(name: str) -> tuple[str, str]:
    """How the smoke test of an integration ended, and what it said of a failure."""
    try:
        python = interpreter(name)
    except RuntimeError as error:
        return "no environment", str(error)
    done = subprocess.run(
        [str(python), str(HERE / name / "smoke.py")], cwd=HERE / name, capture_output=True, text=True, check=False
    )
    return ("ok", "") if done.returncode == 0 else ("failed", (done.stdout + done.stderr)[-4000:])


def tools(name: str) -> str:
    """What an integration asks for."""
    path: Path = HERE / name / "requirements.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return ", ".join(filter(None, (line.partition("#")[0].strip() for line in lines)))


def main(arguments: list[str]) -> int:
    """Run those that are named, or all."""
    light = "--light" in arguments
    chosen = [name for name in arguments if not name.startswith("-")] or names()
    failed = 0
    print(f"{'integration':<16}{'outcome':<16}{'seconds':>8}  asks for")
    for name in chosen:
        if light and not is_at_hand(name):
            continue
        began = time.monotonic()
        ended, said = outcome(name)
        print(f"{name:<16}{ended:<16}{time.monotonic() - began:>8.1f}  {tools(name)}", flush=True)
        if ended != "ok":
            failed += 1
            print(said, file=sys.stderr)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
