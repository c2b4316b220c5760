"""What every deployment must hold: what was acknowledged is in the store exactly once, each process for itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from thence.ingest import open_store
from thence.upkeep import fsck

__all__ = ["check", "end_all", "environment", "start"]

ROOT = Path(__file__).parents[2]
_started: list[subprocess.Popen[str]] = []


def environment(provider: str, folder: Path, **more: str) -> dict[str, str]:
    """The surroundings of a program under test: its provider, its store."""
    journals = str(folder / "journals")
    return {
        **os.environ,
        "PROVIDER": provider,
        "THENCE_STORE": str(folder / "store.db"),
        "THENCE_JOURNAL_DIR": journals,
        "PYTHONPATH": str(ROOT),
        **more,
    }


def start(*command: str, environ: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    """A program under test, in a group of its own; see :func:`end_all`."""
    program = subprocess.Popen(
        [sys.executable, *command], env=environ, cwd=ROOT, text=True, start_new_session=True, **options
    )
    _started.append(program)
    return program


def end_all() -> None:
    """Kill what is left of every program that was started, children included."""
    while _started:
        program = _started.pop()
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def check(environ: dict[str, str], told: Iterable[str], perhaps: Iterable[str] = ()) -> None:
    """Hold the store against what callers were told.

    Args:
        environ: of the program.
        told: ``PID WORD`` of each call that was acknowledged.
        perhaps: words of calls whose caller was not told how they ended.
    """
    acknowledged = [line.split() for line in told]
    os.environ["THENCE_JOURNAL_DIR"] = environ["THENCE_JOURNAL_DIR"]
    with open_store(environ["THENCE_STORE"]) as store:
        report = store.flush()
        assert report.complete
        found = Counter(call.request["messages"][0]["content"] for call in store.calls())
        asked = Counter(word for _, word in acknowledged)
        assert all(call.status in {"completed", "interrupted"} for call in store.calls())
        assert asked - found == Counter(), "lost"
        assert found - asked - Counter(set(perhaps)) == Counter(), "twice, or of nobody"
        # A process writes segments of its own, and all of its own: begin and end of each call, numbered without a gap.
        frames: Counter[str] = Counter()
        for segment in store.status()["segments"]:
            assert segment["lost"] == segment["missing"] == segment["corrupt"] == 0
            frames[segment["segment"].split("-")[1]] += segment["frames"]
        for pid, count in Counter(pid for pid, _ in acknowledged).items():
            assert 2 * count <= frames[pid] <= 2 * (count + len(set(perhaps))), f"process {pid}"
        assert [finding for finding in fsck(store) if finding.kind != "notice"] == []
