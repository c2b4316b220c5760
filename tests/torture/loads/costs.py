"""What Thence costs where it does nothing: at import, and when it is switched off."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.torture.place import Place
from tests.torture.trial import SLOW, Trial

__all__ = ["ROWS"]

IMPORT_MS, OFF_US = 60.0, 5.0
HEAVY = ("openai", "anthropic", "litellm", "httpx", "httpx2", "requests", "urllib3", "aiohttp", "sqlalchemy", "alembic")

IMPORTS = """
import sys, time
began = time.process_time()
import thence
took = time.process_time() - began
print(took, *(name for name in {heavy!r} if name in sys.modules))
"""
CALLS = """
import time, openai, thence
from pathlib import Path
client = openai.OpenAI(base_url="http://127.0.0.1:9", api_key="none")
before = dict(vars(client))
assert thence.wrap(client) is client and dict(vars(client)) == before  # nothing that could cost anything
def bare(text, temperature=0.5): return text
recorded = thence.record(bare)
def cost(function):
    best = 1.0
    for _ in range(50):
        began = time.process_time()
        for _ in range(500): function("hi")
        best = min(best, (time.process_time() - began) / 500)
    return best
print(cost(recorded) - cost(bare), sorted(str(path) for path in Path(".").rglob("*")))
"""


def imports(place: Place) -> None:
    """The processor's time that an import takes, the least of several; and what it brings with it."""
    said = [_program(place, IMPORTS.format(heavy=HEAVY)).split() for _ in range(3 if place.short else 9)]
    took = min(float(each[0]) for each in said) * 1e3
    place.figures["import_ms"] = took
    place.hold(took <= IMPORT_MS, f"an import takes {took:.0f} ms", SLOW)
    place.hold(not said[0][1:], f"an import brings {said[0][1:]}")


def disabled(place: Place) -> None:
    """Nothing is recorded, nothing is made, and a call costs what it costs without Thence."""
    folder = place.folder / "off"
    folder.mkdir()
    said = _program(place, CALLS, cwd=folder, THENCE_DISABLED="1")
    cost, _, made = said.partition(" ")
    place.figures["call_us"] = max(0.0, float(cost)) * 1e6
    place.hold(float(cost) * 1e6 <= OFF_US, f"a call costs {float(cost) * 1e6:.1f} µs", SLOW)
    place.hold(made.strip() == "[]", f"files were made: {made}")


def _program(place: Place, code: str, cwd: Path | None = None, **more: str) -> str:
    import os

    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root), str(root / "src")])
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **more},
        cwd=cwd or place.folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


ROWS = (
    Trial(
        "import",
        "`import thence`",
        "at most 60 ms of processor time; no SDK, no HTTP and no SQL library comes with it",
        imports,
        alone=True,
    ),
    Trial(
        "disabled",
        "`THENCE_DISABLED=1`: a wrapped client, and a decorated function",
        "at most 5 µs a call, and no file is made",
        disabled,
        alone=True,
    ),
)
