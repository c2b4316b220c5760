"""Fuzz each reader for a while, guided by coverage: ``python -m tests.fuzz.run [SECONDS] [TARGET...]``.

Runs atheris in an environment of its own, which uv makes. A finding is printed with its bytes, kept in ``.nox/fuzz/``,
and ends the run with 1.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".nox" / "fuzz"
TARGETS = ("segment", "query", "revision", "toml", "dotenv", "bundle")
ONE = """
import sys
import atheris
with atheris.instrument_imports(include=["thence"]):
    from tests.fuzz.targets import TARGETS, seeds
from pathlib import Path
name, corpus = sys.argv[1], Path(sys.argv[2])
for number, seed in enumerate(seeds(name)):
    (corpus / f"seed{number}").write_bytes(seed)
atheris.Setup([sys.argv[0], *sys.argv[3:], str(corpus)], TARGETS[name])
atheris.Fuzz()
"""


def environment() -> str:
    """The environment with atheris and Thence as it is here; its Python."""
    uv = shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv")
    python = FOLDER / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(FOLDER / "venv")], check=True)
        subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", str(python), "atheris>=3", "-e", str(ROOT)], check=True
        )
    return str(python)


def main(seconds: int, names: list[str]) -> int:
    """Each target in turn; how many failed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    python, failed = environment(), []
    for name in names or TARGETS:
        corpus = FOLDER / f"corpus-{name}"
        corpus.mkdir(exist_ok=True)
        options = [
            f"-max_total_time={seconds}",
            "-timeout=20",
            "-rss_limit_mb=2048",
            f"-artifact_prefix={FOLDER}/{name}-",
        ]
        done = subprocess.run(
            [python, "-c", ONE, name, str(corpus), *options], cwd=ROOT, capture_output=True, text=True, check=False
        )
        last = [line for line in done.stderr.splitlines() if line.startswith(("Done", "stat::number", "==", "#"))][-1:]
        print(f"{name:<10}{'ok' if done.returncode == 0 else 'FAILED'}  {' '.join(last)}", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
    return len(failed)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    length = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 60
    sys.exit(bool(main(length, arguments)))
