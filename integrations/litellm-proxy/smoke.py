"""Run LiteLLM's proxy with ``config.yaml`` against a provider on loopback, and show what Thence recorded.

``python smoke.py`` in the environment that ``../environment.py`` makes. No key and no network: the provider is the one
that Thence has for tests. Prints one JSON line per recorded call, and ends with 1 where a call is missing or wrong.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import thence
from thence.testing import Answer, Provider

HERE = Path(__file__).resolve().parent
MASTER = "sk-smoke-test-of-this-machine-only"
UPSTREAM = "sk-upstream-key-that-nobody-may-see-0123456789"
HELLO = [{"role": "user", "content": "hi"}]


def script(seen: Any) -> Answer | None:
    """The provider: one of its models is out of order."""
    if b"out-of-order" in seen.body:
        return Answer({"error": {"message": "out of order", "type": "server_error"}}, status=500)
    return None


@contextmanager
def proxy(provider: str, folder: Path, *, patience: float = 300) -> Iterator[str]:
    """The proxy, as a process of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    surroundings = {
        **os.environ,
        "OPENAI_API_BASE": f"{provider}/v1",
        "OPENAI_API_KEY": UPSTREAM,
        "ANTHROPIC_API_BASE": provider,
        "ANTHROPIC_API_KEY": UPSTREAM,
        "LITELLM_MASTER_KEY": MASTER,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "THENCE_STORE": str(folder / "store.db"),
    }
    command = [str(Path(sys.executable).with_name("litellm")), "--config", str(HERE / "config.yaml")]
    with (folder / "proxy.log").open("w") as log:
        child = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            env=surroundings,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
        try:
            until = time.monotonic() + patience
            while not answers(f"http://127.0.0.1:{port}/health/liveliness"):
                if child.poll() is not None or time.monotonic() > until:
                    sys.exit((folder / "proxy.log").read_text()[-3000:])
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            child.wait(30)


def answers(url: str) -> bool:
    """Whether somebody answers there."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except OSError:
        return False


def ask(address: str, path: str, **body: Any) -> bytes:
    """A request to the proxy; its answer, read to the end."""
    request = urllib.request.Request(
        address + path,
        json.dumps(body).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {MASTER}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=300) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        return bytes(error.read())


def recorded(folder: Path, count: int, *, patience: float = 300) -> list[Any]:
    """The calls in the store, when LiteLLM's late events are through."""
    until = time.monotonic() + patience
    while True:
        with thence.open(folder / "store.db") as store:
            calls = list(store.calls())
        if len(calls) >= count and all(call.status != "pending" for call in calls):
            return calls
        if time.monotonic() > until:
            return calls
        time.sleep(0.5)


def line(call: Any) -> dict[str, Any]:
    """A call in short: how it ended, and each parameter as source, what was asked and what was sent."""
    told = {name: [str(p.source), p.change, repr(p.asked), repr(p.sent)] for name, p in call.params.items()}
    return {"status": call.status, "endpoint": call.endpoint, "attempts": len(call.attempts), "params": told}


def main() -> int:
    """Ask in every way that a proxy is asked, and compare."""
    with tempfile.TemporaryDirectory() as name, Provider(script) as provider:
        folder = Path(name)
        with proxy(provider.url, folder) as address:
            ask(address, "/v1/chat/completions", model="fast", messages=HELLO, max_tokens=9)
            ask(address, "/v1/chat/completions", model="fast", messages=HELLO, stream=True, temperature=0.9)
            ask(address, "/v1/chat/completions", model="claude", messages=HELLO, frequency_penalty=0.5)
            ask(address, "/v1/chat/completions", model="claude", messages=HELLO, stream=True)
            ask(address, "/v1/messages", model="claude", messages=HELLO, max_tokens=9)
            ask(address, "/v1/chat/completions", model="flaky", messages=HELLO)
            calls = recorded(folder, 6)
        for call in calls:
            print(json.dumps(line(call)), flush=True)
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and "log" not in path.suffix)
        leaked = [key for key in (UPSTREAM, MASTER) if key.encode() in kept]
    sound = len(calls) == 6 and all(call.status == "completed" for call in calls) and not leaked
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
