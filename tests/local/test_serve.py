"""The local model: it answers in every shape that it promises, and no server outlives its owner."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from thence import local
from thence.errors import NotFound, ThenceError

try:
    local.find_model()
except NotFound as absent:
    pytest.skip(str(absent), allow_module_level=True)


@pytest.fixture(scope="module")
def server() -> Iterator[local.LocalServer]:
    with local.serve() as server:
        yield server


def post(url: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


MESSAGES = [{"role": "user", "content": "Name a colour."}]


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("chat/completions", {"messages": MESSAGES, "max_tokens": 4}, "choices"),
        ("messages", {"messages": MESSAGES, "max_tokens": 4}, "content"),
        ("responses", {"input": "Name a colour.", "max_output_tokens": 4}, "output"),
        ("embeddings", {"input": "Name a colour."}, "data"),
    ],
)
def test_answers_in_every_shape(server: local.LocalServer, path: str, body: dict[str, Any], answer: str) -> None:
    assert post(f"{server.base_url}/{path}", {"model": "smollm2", **body})[answer]


def test_says_which_settings_it_used(server: local.LocalServer) -> None:
    body = {"messages": MESSAGES, "max_tokens": 4, "top_k": 7, "verbose": True}
    answer = post(f"{server.base_url}/chat/completions", body)
    assert answer["model"] == local.MODEL_NAME
    assert answer["__verbose"]["generation_settings"]["top_k"] == 7


def test_ends_with_its_block() -> None:
    with local.serve() as server:
        url = server.url
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{url}/health", timeout=5)


def test_a_taken_port_is_said() -> None:
    with local.serve() as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(ThenceError, match="before it was ready"), local.serve(port=port):
            pytest.fail("two servers on one port")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_ends_cleanly_on_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "thence.cli", "serve-local", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline().startswith("http://127.0.0.1:")
        command.send_signal(number)
        assert command.wait(timeout=10) == 0


def test_ends_when_its_owner_is_killed() -> None:
    owner = "from thence import local\nwith local.serve() as server: print(server.url, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", owner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        os.kill(process.pid, signal.SIGKILL)
    assert refuses_within(10, f"{url}/health")


def refuses_within(seconds: float, url: str) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            return True
        time.sleep(0.1)
    return False
