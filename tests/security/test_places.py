"""Every kind of token in every place of a call, recorded by a real client: afterwards it is nowhere.

Looked for in every byte of the journal before it is read into the store, of every file of the store after, in what the
store gives back (its blobs are compressed), in the log and in what the command line prints.
"""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.security.tokens import TOKENS, secret_part

import thence
from thence.redact import KNOWN
from thence.seams import stainless
from thence.testing import Answer, Provider

CLIENT_KEY = "correct+horse/battery staple"
ENVIRONMENT_KEY = 'tr0ub4dor&3 "quoted" and long'
SECRETS = {**TOKENS, "client's key": CLIENT_KEY, "environment's": ENVIRONMENT_KEY}
SAID = "\n".join(f"{name}: {token} ." for name, token in SECRETS.items())
Place = Callable[[openai.OpenAI, Provider], Any]


def _ask(client: openai.OpenAI, text: str = "hello", **more: Any) -> Any:
    more.setdefault("messages", [{"role": "user", "content": text}])
    return client.chat.completions.create(model="m", **more)


def _prompt(client: openai.OpenAI, _: Provider) -> None:
    _ask(client, SAID)


def _system(client: openai.OpenAI, _: Provider) -> None:
    client.responses.create(model="m", instructions=SAID, input="hello")


def _tool_arguments(client: openai.OpenAI, _: Provider) -> None:
    function = {"name": "f", "arguments": json.dumps({"note": SAID, **SECRETS})}
    call = {"id": "call_1", "type": "function", "function": function}
    _ask(client, messages=[{"role": "assistant", "tool_calls": [call]}])


def _tool_result(client: openai.OpenAI, _: Provider) -> None:
    _ask(client, messages=[{"role": "tool", "tool_call_id": "call_1", "content": json.dumps(SECRETS)}])


def _extra_body(client: openai.OpenAI, _: Provider) -> None:
    _ask(client, extra_body={"vendor": {"note": SAID, **SECRETS}, "user": SAID}, user=SAID)


def _metadata(client: openai.OpenAI, _: Provider) -> None:
    _ask(client, metadata=SECRETS)


def _query(client: openai.OpenAI, _: Provider) -> None:
    for name, token in SECRETS.items():
        _ask(client, extra_query={"q": token, "named": f"{name} {token}"})


def _header(client: openai.OpenAI, provider: Provider) -> None:
    for token in SECRETS.values():
        line = token.replace("\n", " ")
        provider.answer(Answer({"id": "x", "choices": []}, headers={"x-request-id": line, "openai-model": line}))
        _ask(client, extra_headers={"openai-beta": line, "x-private": line, "cookie": line})


def _error(client: openai.OpenAI, provider: Provider) -> None:
    provider.answer(Answer({"error": {"message": SAID, "type": "invalid", "code": TOKENS["npm"]}}, status=400))
    with pytest.raises(openai.BadRequestError):
        _ask(client)


def _answer(client: openai.OpenAI, provider: Provider) -> None:
    message = {"role": "assistant", "content": SAID}
    provider.answer({"id": TOKENS["xai"], "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
    assert _ask(client).choices[0].message.content == SAID  # the caller's answer is as it came


def _compressed_answer(client: openai.OpenAI, provider: Provider) -> None:
    import gzip

    message = {"role": "assistant", "content": SAID}
    body = gzip.compress(json.dumps({"id": "x", "choices": [{"index": 0, "message": message}]}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    provider.answer(Answer(body, headers=headers))
    assert _ask(client).choices[0].message.content == SAID


def _streamed_answer(client: openai.OpenAI, provider: Provider, kind: str = "text/event-stream") -> None:
    pieces = [SAID[at : at + 4] for at in range(0, len(SAID), 4)]
    chunks = [{"id": "x", "choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    provider.answer(replace(Answer.sse(chunks), headers={"content-type": kind}))
    assert "".join(chunk.choices[0].delta.content for chunk in _ask(client, stream=True)) == SAID


def _streamed_answer_as_json(client: openai.OpenAI, provider: Provider) -> None:
    _streamed_answer(client, provider, "application/json")


def _session(client: openai.OpenAI, _: Provider) -> None:
    tags = [token for token in SECRETS.values() if len(token) < 200]
    with thence.session(tags=tags, metadata={**SECRETS, "nested": [SAID]}, params={"temperature": 0.5, "user": SAID}):
        _ask(client)


PLACES: list[Place] = [
    _prompt,
    _system,
    _tool_arguments,
    _tool_result,
    _extra_body,
    _metadata,
    _query,
    _header,
    _error,
    _answer,
    _compressed_answer,
    _streamed_answer,
    _streamed_answer_as_json,
    _session,
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THENCE_STORE", str(tmp_path / "store.db"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SOME_SERVICE_PASSWORD", ENVIRONMENT_KEY)
    yield tmp_path
    KNOWN.forget()


def _files(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def _forms(secret: str) -> set[bytes]:
    from urllib.parse import quote

    part = secret_part(secret)
    once = json.dumps(part)[1:-1]
    return {text.encode() for text in (part, once, json.dumps(once)[1:-1], quote(part, safe=""))}


def _found(where: bytes) -> list[str]:
    return [name for name, token in SECRETS.items() if any(form in where for form in _forms(token))]


def _printed(home: Path) -> bytes:
    environ = {**os.environ, "THENCE_STORE": str(home / "store.db"), "COLUMNS": "10000"}
    printed = b""
    for words in (["log", "--json"], ["log"], ["show", "HEAD"], ["doctor"], ["status"]):
        command = [sys.executable, "-m", "thence.cli", *words]
        done = subprocess.run(command, capture_output=True, env=environ, cwd=home, timeout=60, check=False)
        assert done.returncode in {0, 1}, done.stderr
        printed += done.stdout + done.stderr
    return printed


def _given_back(store: Any) -> bytes:
    told: list[Any] = []
    for call in store.calls():
        told += [call.request, call.response, call.error, call.generation_config, call.metadata, call.tags]
        told += [call.params.to_dict(), call.base, call.commit, call.attempts, call.client, call.endpoint, repr(call)]
    return json.dumps(told, default=str, ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    text = io.StringIO()
    listener = logging.StreamHandler(text)
    logging.getLogger("thence").addHandler(listener)
    yield text
    logging.getLogger("thence").removeHandler(listener)


def _recorded(places: list[Place], provider: Provider) -> None:
    """Make the calls of some places with a wrapped client; their journal is not ingested yet."""
    client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key=CLIENT_KEY, max_retries=0))
    object.__setattr__(stainless.covered(client), "wake", lambda: None)
    for place in places:
        place(client, provider)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__.strip("_"))
def test_no_secret_is_anywhere(place: Place, home: Path, log: io.StringIO) -> None:
    with Provider() as provider:
        _recorded([place], provider)
        sent = b"".join(seen.body for seen in provider.seen)
        assert _found(sent) or place not in PLACES[:6]  # to the provider everything goes as it is
    journal = _files(home)
    assert journal
    assert _found(journal) == []
    with thence.open(home / "store.db") as store:
        store.flush()
        assert len(list(store.calls())) == len(provider.seen)
        given = _given_back(store)
        assert b"[redacted:" in given
        assert _found(given) == []
        assert _found(_files(home)) == []
    assert _found(log.getvalue().encode()) == []


def test_the_command_line_prints_none(home: Path) -> None:
    with Provider() as provider:
        _recorded([place for place in PLACES if place not in {_query, _header}], provider)
    printed = _printed(home)
    assert b"[redacted:" in printed
    assert _found(printed) == []


def test_the_search_would_find_them() -> None:
    assert _found(SAID.encode()) == list(SECRETS)
    assert _found(json.dumps({"x": json.dumps(SAID)}).encode()) == list(SECRETS)
