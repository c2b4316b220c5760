"""What ``make demo`` runs: the quickstart, then the three commands that tell what happened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

QUICKSTART = Path(__file__).with_name("quickstart.py")
QUESTIONS = (("log", "--graph"), ("show", "HEAD"), ("blame", "HEAD"))


def main(arguments: list[str]) -> int:
    """Run it all in the working directory, whose ``.thence/store.db`` is the record."""
    real = "--real" in arguments
    if os.environ.get("OPENAI_API_KEY"):
        if not real:
            print("OPENAI_API_KEY is set: `make demo REAL=1` talks to the OpenAI API instead (a few cents at most)\n")
    elif real:
        print("REAL=1 needs OPENAI_API_KEY; without it: make demo", file=sys.stderr)
        return 2
    print(f"$ python examples/{QUICKSTART.name}{' --real' if real else ''}", flush=True)
    subprocess.run([sys.executable, QUICKSTART, *arguments], check=True)
    for question in QUESTIONS:
        print(f"\n$ thence {' '.join(question)}", flush=True)
        subprocess.run([sys.executable, "-m", "thence.cli", *question], check=True)
    print("\nThe record is .thence/store.db; ask on: thence log, thence show HEAD~2, thence blame HEAD temperature")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
