"""What the smoke tests share: a program is run as its user runs it, against a provider on loopback, and recorded.

with ran(HERE / "app.py") as run:
    run.calls    # what Thence recorded
    run.said     # what the program printed
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import thence
from thence.testing import Provider

KEY = "sk-smoke-test-of-this-machine-0123456789"


@dataclass
class Run:
    """A run of a program: the calls it made, what it printed, and the provider that answered."""

    calls: list[Any]
    said: str
    provider: Provider
    store: Path


def surroundings(provider: str, store: Path) -> dict[str, str]:
    """Variables by which the SDKs find the provider, and Thence its store."""
    return {
        **os.environ,
        "OPENAI_BASE_URL": f"{provider}/v1",
        "OPENAI_API_BASE": f"{provider}/v1",
        "OPENAI_API_KEY": KEY,
        "ANTHROPIC_BASE_URL": provider,
        "ANTHROPIC_API_KEY": KEY,
        "PROVIDER": provider,
        "THENCE_STORE": str(store),
        "THENCE_STRICT": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "NO_COLOR": "1",
    }


@contextmanager
def ran(app: Path, *arguments: str, script: Callable[[Any], Any] | None = None, **variables: str) -> Iterator[Run]:
    """Run a program to its end; ``script`` is the provider's, ``variables`` are of the program's environment.

    Raises:
        SystemExit: it failed.
    """
    with tempfile.TemporaryDirectory() as name, Provider(script) as provider:
        store = Path(name) / "store.db"
        command = [sys.executable, str(app), *arguments]
        environment = {**surroundings(provider.url, store), **variables}
        done = subprocess.run(command, cwd=name, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{app} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
        kept = b"".join(path.read_bytes() for path in Path(name).rglob("*") if path.is_file())
        assert KEY.encode() not in kept, "the key was written"
        with thence.open(store) as opened:
            opened.flush()
            yield Run(list(opened.calls()), done.stdout, provider, store)


def told(call: Any) -> str:
    """A call in a line: what it was, and each parameter with its value and source."""
    params = ", ".join(f"{name}={p.value!r} {p.source.name}" for name, p in call.params.items() if p.sent is not ...)
    return f"{call.provider} {call.endpoint} {call.status}: {params}"[:200]
