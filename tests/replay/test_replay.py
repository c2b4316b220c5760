"""A recorded request sent again: what reaches the wire, what is recorded of it, and whose key goes where."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from click.testing import CliRunner, Result

import thence
from thence.cli import app
from thence.params import ParameterSource
from thence.testing import Answer, Provider

ASKED: dict[str, Any] = {
    "model": "m",
    "messages": [{"role": "system", "content": "Short."}, {"role": "user", "content": "Name a colour."}],
    "temperature": 1.25,
    "seed": 2**60,
}
Run = Callable[..., Result]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands in a folder with a store of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("THENCE_STORE", "THENCE_TRACT", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "LOCAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def invoke(*arguments: str, **variables: str) -> Result:
        return CliRunner(env=variables).invoke(app, arguments, prog_name="thence", catch_exceptions=False)

    return invoke


def recorded(provider: Provider, **more: Any) -> thence.Call:
    """A call of OpenAI's client, with an ``extra_body`` as people have it."""
    client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="sk-first", max_retries=0))
    got = client.chat.completions.create(**{**ASKED, **more}, extra_body={"min_p": 0.05})
    if more.get("stream"):
        list(got)
    call = thence.last_call()
    assert call is not None
    return call


def test_exactly_the_same_request(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    done = run("replay", first.id, "--json", THENCE_PARAM_TOP_P="0.5")
    assert done.exit_code == 0, done.stderr
    one, other = provider.seen
    assert other.body == one.body  # nothing that is configured here is filled in
    assert other.path == one.path
    call = json.loads(done.stdout)
    assert call["base"] == (first.base and first.base.hash)
    assert call["tags"] == [f"replay:{first.id}"]
    assert call["branch"] == "replay"


def test_the_answer_is_a_sibling(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    assert first.base is not None
    message = {"role": "assistant", "content": "Something else."}
    provider.answer({"object": "chat.completion", "model": "m", "choices": [{"index": 0, "message": message}]})
    done = json.loads(run("replay", first.id, "--json").stdout)
    assert done["commit"]["hash"] != (first.commit and first.commit.hash)
    assert done["commit"]["parent"] == first.base.hash
    branches = {row["name"]: row["commit"] for row in json.loads(run("branch", "--json").stdout)}
    assert branches == {"main": first.commit and first.commit.hash, "replay": done["commit"]["hash"]}


def test_what_is_changed_is_an_override_over_what_was_recorded(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    done = json.loads(run("replay", first.id, "--set", "temperature=0", "--model", "other", "--json").stdout)
    assert provider.seen[1].json == {**provider.seen[0].json, "temperature": 0, "model": "other"}
    temperature = done["params"]["temperature"]
    assert (temperature["value"], temperature["source"]) == (0, ParameterSource.OVERRIDE.name)
    assert [(each["source"], each["value"]) for each in temperature["shadowed"]] == [("CALL", 1.25)]
    assert temperature["origin"] == f"replay of {first.id[:13]}"
    seed = done["params"]["seed"]
    assert (seed["source"], seed["origin"], done["callsite"]) == ("CALL", None, None)  # nobody's line made this call
    assert done["metadata"]["set"] == {"temperature": 0, "model": "other"}


def test_what_no_override_may_lock_is_changed_in_the_body(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    run("replay", first.id, "--set", "n=2", "--set", 'response_format={"type": "text"}')
    assert provider.seen[1].json == {**provider.seen[0].json, "n": 2, "response_format": {"type": "text"}}


def test_a_stream_is_read_to_its_end(provider: Provider, run: Run) -> None:
    first = recorded(provider, stream=True)
    done = json.loads(run("replay", first.id, "--json").stdout)
    assert (done["status"], done["streamed"]) == ("completed", True)
    assert provider.seen[1].body == provider.seen[0].body


@pytest.mark.parametrize("stream", [False, True])
def test_anthropic(provider: Provider, run: Run, stream: bool) -> None:
    client = thence.wrap(anthropic.Anthropic(base_url=provider.url, api_key="sk-first", max_retries=0))
    messages: Any = [{"role": "user", "content": "hi"}]
    got: Any = client.messages.create(model="c", max_tokens=9, messages=messages, stream=stream)
    if stream:
        list(got)
    first = thence.last_call()
    assert first is not None
    done = run("replay", first.id, "--set", "temperature=0.5", "--json", ANTHROPIC_AUTH_TOKEN="not-for-you")
    assert json.loads(done.stdout)["status"] == "completed", done.stderr
    assert provider.seen[1].path == "/v1/messages"
    assert provider.seen[1].json == {**provider.seen[0].json, "temperature": 0.5}
    assert "not-for-you" not in str(provider.seen[1].headers)


def test_embeddings(provider: Provider, run: Run) -> None:
    client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="sk-first"))
    client.embeddings.create(model="e", input="hi")
    first = thence.last_call()
    assert first is not None
    assert run("replay", first.id, "--set", "dimensions=8").exit_code == 0
    assert provider.seen[1].json == {**provider.seen[0].json, "dimensions": 8}


def test_a_refusal_is_recorded_and_exits_1(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    provider.answer(Answer({"error": {"message": "no such model"}}, status=404))
    done = run("replay", first.id, "--model", "nope", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["status"] == "failed"


def test_the_key_comes_from_where_the_user_says(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    run("replay", first.id, OPENAI_API_KEY="sk-openai")
    assert "sk-openai" not in str(provider.seen[1].headers)  # this host is not OpenAI's
    run("replay", first.id, "--key-from", "OPENAI_API_KEY", OPENAI_API_KEY="sk-openai")
    assert provider.seen[2].headers["authorization"] == "Bearer sk-openai"


def test_a_strangers_host_gets_no_key(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    with thence.open() as store, store.writing() as connection:
        connection.exec_driver_sql("UPDATE calls SET url = 'https://api.evil.example/v1/chat/completions'")
    done = run("replay", first.id, OPENAI_API_KEY="sk-openai")
    assert done.exit_code == 3
    assert "EVIL_EXAMPLE_API_KEY is not set" in done.stderr
    assert len(provider.seen) == 1


def test_what_was_not_kept_cannot_be_sent(provider: Provider, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_CAPTURE", "params")
    first = recorded(provider)
    done = run("replay", first.id)
    assert (done.exit_code, len(provider.seen)) == (3, 1)
    assert "can't be sent again" in done.stderr


def test_files_cannot_be_sent(provider: Provider, run: Run) -> None:
    client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="sk-first", max_retries=0))
    provider.answer({"text": "hello"})
    client.audio.transcriptions.create(model="m", file=("a.wav", b"RIFF"))
    first = thence.last_call()
    assert first is not None
    done = run("replay", first.id)
    assert (done.exit_code, len(provider.seen)) == (3, 1)
    assert "of its files, names and sizes were kept" in done.stderr


def test_nothing_is_sent_where_nothing_would_be_recorded(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    done = run("replay", first.id, THENCE_DISABLED="1")
    assert (done.exit_code, len(provider.seen)) == (2, 1)
    assert "recording is switched off" in done.stderr


def outcomes(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_sweep_asks_each_combination(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    rows = outcomes(
        run("sweep", first.id, "--set", "temperature=0,0.4", "--set", "seed=1,2", "--repeat", "2", "--json")
    )
    assert [(row["temperature"], row["seed"], row["calls"], row["failed"]) for row in rows] == [
        (0, 1, 2, 0),
        (0, 2, 2, 0),
        (0.4, 1, 2, 0),
        (0.4, 2, 2, 0),
    ]
    asked = [(seen.json["temperature"], seen.json["seed"]) for seen in provider.seen[1:]]
    assert asked == [(t, s) for t in (0, 0.4) for s in (1, 2) for _ in range(2)]


def test_a_sweep_goes_on_where_it_was(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    refused = Answer({"error": {"message": "no"}}, status=400)
    provider.script = lambda seen: refused if seen.json["temperature"] == 0.8 else None
    assert run("sweep", first.id, "--set", "temperature=0,0.4,0.8").exit_code == 1
    assert len(provider.seen) == 4
    provider.script = None
    done = run("sweep", first.id, "--set", "temperature=0,0.4,0.8,1", "--json")
    assert [seen.json["temperature"] for seen in provider.seen[4:]] == [0.8, 1]
    assert "2 of 4 were answered before" in done.stderr
    assert [row["failed"] for row in outcomes(done)] == [0, 0, 0, 0]
    assert outcomes(run("sweep", first.id, "--set", "temperature=0", "--json"))[0]["calls"] == 1
    assert len(provider.seen) == 6


def test_an_interrupted_sweep_says_what_is_left(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    provider.script = lambda seen: os.kill(os.getpid(), signal.SIGINT) if seen.json["temperature"] == 0.4 else None
    done = run("sweep", first.id, "--set", "temperature=0,0.4,0.8")
    assert (done.exit_code, done.stdout) == (130, "")
    assert done.stderr == "interrupted: 2 of 3 not answered; say it again to go on\n"
    provider.script = None
    done = run("sweep", first.id, "--set", "temperature=0,0.4,0.8", "--json")
    assert "1 of 3 were answered before" in done.stderr
    assert [row["calls"] for row in outcomes(done)] == [1, 1, 1]


def test_a_sweeps_own_call_is_sent_again(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    outcomes(run("sweep", first.id, "--set", "temperature=0.5", "--json"))
    newest = json.loads(run("log", "-n", "1", "--json").stdout)[0]
    assert (newest["metadata"], newest["branch"]) == ({"set": {"temperature": 0.5}, "repeat": 0}, "sweep")
    again = json.loads(run("replay", newest["id"], "--json").stdout)
    assert (again["metadata"], again["tags"]) == ({"set": {}}, [f"replay:{newest['id']}"])
    assert provider.seen[2].body == provider.seen[1].body


def test_a_sweep_waits_where_it_is_told_to(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    provider.answer(Answer({"error": {"message": "slow down"}}, status=429, headers={"retry-after-ms": "1"}))
    (row,) = outcomes(run("sweep", first.id, "--set", "temperature=0.3", "--json"))
    assert (row["calls"], row["failed"], len(provider.seen)) == (1, 0, 3)


def test_a_sweep_ends_where_waiting_does_not_help(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    refused = Answer({"error": {"message": "slow down"}}, status=429, headers={"retry-after-ms": "1"})
    provider.script = lambda seen: refused if seen.json["temperature"] > 0.1 else None
    done = run("sweep", first.id, "--set", "temperature=0.1,0.2,0.3,0.4", "--json")
    assert done.exit_code == 1
    assert "2 not asked" in done.stderr
    assert [(row["calls"], row["failed"]) for row in json.loads(done.stdout)] == [(1, 0), (1, 1), (0, 0), (0, 0)]
    assert [seen.json["temperature"] for seen in provider.seen[1:]] == [0.1, *[0.2] * 7]  # and six retries
    provider.script = None
    again = run("sweep", first.id, "--set", "temperature=0.1,0.2,0.3,0.4", "--json")
    assert [row["failed"] for row in outcomes(again)] == [0, 0, 0, 0]
    assert [seen.json["temperature"] for seen in provider.seen[9:]] == [0.2, 0.3, 0.4]


def test_a_sweep_waits_as_long_as_the_provider_says(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    provider.answer(Answer({"error": {"message": "slow down"}}, status=429, headers={"retry-after": "1"}))
    outcomes(run("sweep", first.id, "--set", "temperature=0.3", "--json"))
    (newest,) = json.loads(run("log", "-n", "1", "--json").stdout)
    assert [attempt["status"] for attempt in newest["attempts"]] == [429, 200]
    assert newest["duration"] >= 1


def test_what_a_sweep_costs(provider: Provider, run: Run, tmp_path: Path) -> None:
    first = recorded(provider)
    assert outcomes(run("sweep", first.id, "--set", "temperature=0.3", "--json"))[0]["cost"] is None
    (tmp_path / "thence.toml").write_text("[prices.m]\ninput = 1000000\noutput = 0\n")
    (row,) = outcomes(run("sweep", first.id, "--set", "temperature=0.3", "--repeat", "2", "--json"))
    assert row["cost"] == 2 * (first.usage.input_tokens or 0) > 0


def on_a_terminal(command: list[str]) -> str:
    """What a command writes to standard error where that is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=its) as running:
        os.close(its)
        shown = b""
        with suppress(OSError):  # the other end is closed
            while piece := os.read(ours, 65536):
                shown += piece
        running.wait()
    os.close(ours)
    return shown.decode()


@pytest.mark.usefixtures("run")
def test_progress_is_shown_on_a_terminal_only(provider: Provider) -> None:
    first = recorded(provider)
    slow = Answer({"object": "chat.completion", "model": "m", "choices": []}, delay=1.2)
    provider.script = lambda seen: slow if seen.json["temperature"] == 1 else None
    command = [sys.executable, "-m", "thence.cli", "sweep", first.id, "--set"]
    assert "asking" in on_a_terminal([*command, "temperature=1,2,3"])
    piped = subprocess.run([*command, "temperature=1,5"], capture_output=True, text=True, check=True)
    assert "asking" not in piped.stderr


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ("stop=a,b", ["a", "b"]),
        ('stop=["a,b", "c"]', ["a,b", "c"]),
        ('stop=["a","b"],["c"]', [["a", "b"], ["c"]]),
        ('stop="a,b","]",[INST]', ["a,b", "]", "[INST]"]),
        ('response_format={"type":"text"},null', [{"type": "text"}, None]),
        ("top_p=0.1,null", [0.1, None]),
    ],
)
def test_values_of_a_sweep(provider: Provider, run: Run, given: str, values: list[Any]) -> None:
    first = recorded(provider)
    outcomes(run("sweep", first.id, "--set", given, "--json"))
    assert [seen.json[given.partition("=")[0]] for seen in provider.seen[1:]] == values


@pytest.mark.parametrize("form", ["--json", "--jsonl", "--csv", "--table"])
def test_a_sweep_in_every_form(provider: Provider, run: Run, form: str) -> None:
    first = recorded(provider)
    printed = run("sweep", first.id, "--set", "temperature=0,1", form).stdout
    assert len(json.loads(printed) if form == "--json" else printed.splitlines()) == (
        3 if form in ("--csv", "--table") else 2
    )


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (["replay", "nowhere"], 3, "nowhere"),
        (["replay", "--set", "temperature"], 2, "NAME=VALUE"),
        (["replay", "--branch", "bad name"], 2, "no name for a branch"),
        (["sweep", "--set", "seed=1", "--branch", "HEAD"], 2, "no name for a branch"),
        (["sweep"], 2, "--set"),
        (["sweep", "--set", "temperature=0", "--repeat", "0"], 2, "--repeat"),
        (["sweep", "--set", 'stop=["a","b"'], 2, "a bracket without its other"),
        (["sweep", "--set", 'stop="a"],["b"'], 2, "a bracket without its other"),
    ],
)
def test_wrong_use(provider: Provider, run: Run, command: list[str], code: int, said: str) -> None:
    recorded(provider)
    done = run(*command)
    assert (done.exit_code, len(provider.seen)) == (code, 1)
    assert said in done.stderr


def test_killed_in_the_middle_and_resumed(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    provider.script = lambda seen: Answer({}, delay=30) if seen.json["temperature"] == 2 else None
    command = [sys.executable, "-m", "thence.cli", "sweep", first.id, "--set", "temperature=1,2,3"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as sweep:
        while len(provider.seen) < 3 and sweep.poll() is None:
            time.sleep(0.02)
        sweep.kill()
    provider.script = None
    rows = outcomes(run("sweep", first.id, "--set", "temperature=1,2,3", "--json"))
    assert [row["calls"] for row in rows] == [1, 1, 1]
    assert [seen.json["temperature"] for seen in provider.seen[1:]] == [1, 2, 2, 3]


def test_an_equal_answer_does_not_take_the_place_of_what_it_repeats(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    for _ in range(3):
        rows = outcomes(run("sweep", "HEAD", "--set", "temperature=0,1", "--repeat", "2", "--json"))
        assert [row["calls"] for row in rows] == [2, 2]
    assert len(provider.seen) == 5
    assert first.commit is not None
    for named in ("HEAD", "main", "main@{0}", first.commit.hash):
        assert json.loads(run("show", named, "--json").stdout)["id"] == first.id
    assert json.loads(run("show", "sweep", "--json").stdout)["branch"] == "sweep"


def test_a_replay_of_head_repeats_what_head_was_and_names_it(provider: Provider, run: Run) -> None:
    first = recorded(provider)
    for more in (["--model", "other"], []):
        done = run("replay", "HEAD", *more, "--json")
        assert f"thence diff {first.id[:13]} {json.loads(done.stdout)['id'][:13]}" in done.stderr
    assert [seen.json["model"] for seen in provider.seen] == ["m", "other", "m"]


def test_a_search_between_calls_of_a_branch_passes_replays_over(provider: Provider, run: Run) -> None:
    for word in ("one", "one more", "two"):
        recorded(provider, messages=[{"role": "user", "content": word}])
    run("replay", "HEAD", "--model", "other")
    check = [sys.executable, "-c", "import sys; sys.exit('two' in sys.stdin.read())"]
    done = run("bisect", "run", "--good", "main@{2}", "--json", "--", *check)
    assert [each["verdict"] for each in json.loads(done.stdout)["asked"]] == ["good", "good", "bad"], done.stderr
