"""The pytest plugin, in pytest runs of its own: recorded once from a provider, then replayed after that has gone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from thence.testing import Answer, Provider

pytestmark = pytest.mark.timeout(600)

PROGRAM = """
import hashlib, os, openai, pytest
import thence
from thence.testing import assert_params, assert_source

HI = [{"role": "user", "content": os.environ.get("SAID", "hi")}]
BASE = os.environ["PROVIDER"]

def client():
    return openai.OpenAI(base_url=BASE + "/v1", api_key="sk-a-key-of-nobody-0123456789abcdefghijkl", max_retries=2)

def told(*parts):
    digest = hashlib.sha256(b"".join(parts)).hexdigest()
    print("\\nBYTES", os.environ["PYTEST_CURRENT_TEST"].split("::")[1].split()[0], digest)

def test_whole(thence_cassette):
    answer = client().chat.completions.with_raw_response.create(model="m", temperature=0.2, messages=HI)
    told(answer.content)
    assert_source(thence_cassette.only(), "temperature", "CALL")

def test_streamed(thence_cassette):
    with client().chat.completions.with_streaming_response.create(model="m", messages=HI, stream=True) as answer:
        told(*answer.iter_bytes())
    import anthropic
    with anthropic.Anthropic(base_url=BASE, api_key="k").messages.stream(model="c", max_tokens=9, messages=HI) as told_:
        assert told_.get_final_message().content[0].text == "You said: " + HI[0]["content"]
    assert [call.status for call in thence_cassette] == ["completed", "completed"]

async def ask():
    async with openai.AsyncOpenAI(base_url=BASE + "/v1", api_key="k") as asked:
        return await asked.responses.create(model="m", input="async")

def test_async_and_wrapped_by_the_program(thence_cassette):
    import asyncio
    assert asyncio.run(ask()).output_text == "You said: async"
    mine = thence.wrap(client(), params={"top_p": 0.5})
    mine.chat.completions.create(model="m", messages=HI)
    assert_source(thence_cassette.last(), "top_p", thence.ParameterSource.CLIENT)
    assert_params(thence_cassette.last(), top_p=0.5, model="m")

def test_failure(thence_cassette):
    with pytest.raises(openai.RateLimitError) as raised:
        client().with_options(max_retries=1).embeddings.create(model="limited", input="x")
    told(raised.value.response.content)
    assert len(thence_cassette.only().attempts) in (1, 2)

@pytest.mark.parametrize("n", range(4))
def test_many(thence_cassette, n):
    for turn in range(2):
        answer = client().chat.completions.create(model="m", seed=n, messages=HI)
        print("\\nBYTES", f"many-{n}-{turn}", answer.id)
"""


def limited(seen: object) -> Answer | None:
    if b"limited" in seen.body:  # type: ignore[attr-defined]
        return Answer({"error": {"message": "slow down"}}, status=429, headers={"retry-after-ms": "1"})
    return None


def pytest_run(folder: Path, provider: str, *options: str, **environ: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *options, "test_program.py"]
    surroundings = {**os.environ, "PROVIDER": provider, "THENCE_STRICT": "1", **environ}
    surroundings.pop("PYTEST_XDIST_WORKER", None)
    done = subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=500, check=False
    )
    return done.stdout + done.stderr


def answers(said: str) -> dict[str, str]:
    return dict(re.findall(r"^BYTES (\S+) (\S+)$", said, re.MULTILINE))


def test_tests_are_recorded_once_and_replayed_byte_for_byte_beside_xdist_too(tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(PROGRAM)
    with Provider(limited) as provider:
        first = pytest_run(tmp_path, provider.url)
    assert "8 passed" in first, first
    cassettes = {path: path.read_bytes() for path in (tmp_path / "cassettes" / "test_program").iterdir()}
    assert len(cassettes) == 8
    assert not [path for path, content in cassettes.items() if b"sk-a-key" in content]
    again = pytest_run(tmp_path, provider.url, "--thence-record=none", "-n", "2")  # where nobody listens any more
    assert "8 passed" in again, again
    assert answers(again) == answers(first)
    assert len(answers(again)) == len({*answers(again).values()}) == 11
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.thence")} == cassettes


def test_a_miss_fails_and_says_what_differs(tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(PROGRAM)
    with Provider() as provider:
        assert "2 passed" in pytest_run(tmp_path, provider.url, "-k", "test_whole or test_many and 2")
    said = pytest_run(tmp_path, provider.url, "-k", "test_whole or test_many and 2", SAID="hello")
    assert "2 failed" in said, said
    assert "test_whole.thence has no call that answers POST /v1/chat/completions" in said
    assert 'messages[0].content: recorded "hi" (CALL test_program.py:' in said
    assert ', now "hello" (CALL test_program.py:' in said
    assert "to record it again: pytest --thence-record=all 'test_program.py::test_whole'" in said


def test_a_failed_test_leaves_no_cassette(tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(PROGRAM.replace('"CALL")', '"PRESET")'))
    with Provider() as provider:
        said = pytest_run(tmp_path, provider.url, "-k", "test_whole")
    assert "1 failed" in said, said
    assert "temperature came from CALL, not from PRESET" in said
    assert re.search(r"CALL\nE +model = \"m\" +test_program.py:\d+", said), said
    assert not list(tmp_path.rglob("*.thence"))


def test_a_run_that_uses_no_fixture_imports_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(
        "import sys\n"
        "def test_it():\n"
        "    assert 'thence.testing.plugin' in sys.modules\n"
        "    there = [n for n in sys.modules if n.startswith('thence')]\n"
        "    assert there == ['thence', 'thence.testing', 'thence.testing.plugin'], there\n"
    )
    said = pytest_run(tmp_path, "http://nowhere")
    assert "1 passed" in said, said
