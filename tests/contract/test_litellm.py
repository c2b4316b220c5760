"""LiteLLM as it is published: the seam's tests where LiteLLM is, and a real proxy before a provider on loopback."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from typing import Any

import pytest
from tests.contract.litellm_environment import PROXY, ROOT, interpreter

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]
SURROUNDINGS = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}


@pytest.mark.skipif(
    importlib.util.find_spec("litellm") is not None, reason="LiteLLM is here: tests/seams runs by itself"
)
def test_the_seam_in_litellms_own_environment() -> None:
    command = [interpreter(), "-m", "pytest", "-q", "-W", "ignore", "tests/seams/test_litellm.py"]
    done = subprocess.run(command, cwd=ROOT, env=SURROUNDINGS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.fixture(scope="module")
def proxied() -> list[dict[str, Any]]:
    """What the integration's own smoke test recorded of six requests to a real proxy."""
    command = [interpreter(), str(PROXY / "smoke.py")]
    done = subprocess.run(command, env=SURROUNDINGS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_request_to_the_proxy_is_one_record(proxied: list[dict[str, Any]]) -> None:
    assert [call["status"] for call in proxied] == ["completed"] * 6
    chat, messages = "/v1/chat/completions", "/v1/messages"
    assert [call["endpoint"] for call in proxied] == [chat, chat, messages, messages, messages, chat]


def test_the_callers_values_are_told_from_the_proxys(proxied: list[dict[str, Any]]) -> None:
    whole, streamed = proxied[:2]
    assert whole["params"]["max_tokens"] == ["CALL", None, "9", "9"]
    assert whole["params"]["temperature"] == ["CONFIG_FILE", None, "0.25", "0.25"]
    assert streamed["params"]["temperature"] == ["CALL", None, "0.9", "0.9"]
    assert whole["params"]["model"] == ["CALL", "rewritten", "'fast'", "'gpt-4o-mini'"]


def test_what_litellm_fills_in_and_drops_is_said(proxied: list[dict[str, Any]]) -> None:
    claude = proxied[2]["params"]
    assert claude["max_tokens"][:2] == ["SDK", "filled"]
    assert claude["frequency_penalty"][:3] == ["CALL", "dropped", "0.5"]


def test_a_fallback_is_attempts_of_one_call(proxied: list[dict[str, Any]]) -> None:
    assert proxied[5]["attempts"] == 3
    assert proxied[5]["params"]["model"] == ["CALL", "rewritten", "'flaky'", "'gpt-4o-mini'"]
