"""Beside other instrumentation, installed before and after: recorded once, and the same is sent and given.

Needs the peer in the environment; ``nox -s coexist`` makes one for each.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.seams.beside import PEERS

ROOT = Path(__file__).parents[2]
CASES = [(peer, sdk) for peer, (_, sdks, _) in PEERS.items() for sdk in sdks]


def is_here(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _is_error(line: str) -> bool:
    return line.partition(":")[0].endswith("Error")


@cache
def seen(peer: str, order: str, sdk: str) -> dict[str, Any]:
    """What a program beside the peer sends, gets and records."""
    command = [sys.executable, "-m", "tests.seams.beside", peer, order, sdk]
    surroundings = {**os.environ, "THENCE_STRICT": "1"}
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode and order == "alone":
        pytest.skip(f"{peer} fails by itself: {next(filter(_is_error, reversed(done.stderr.splitlines())), '')}")
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("peer", "sdk"), CASES, ids=["-".join(case) for case in CASES])
@pytest.mark.parametrize("order", ["before", "after"])
def test_recorded_once_and_nothing_else_changes(peer: str, sdk: str, order: str) -> None:
    if not is_here(PEERS[peer][0]):
        pytest.skip(f"{peer} is not installed")
    alone, together = seen(peer, "alone", sdk), seen(peer, order, sdk)
    assert together["sent"] == alone["sent"]
    assert together["results"] == alone["results"]
    assert alone["written"] == []
    assert [request for request, _ in together["written"]] == [body for *_, body in alone["sent"]]
    assert {status for _, status in together["written"]} <= {"completed", "closed"}
