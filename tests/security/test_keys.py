"""Which secrets of a client are known, and that new ones are learned: copies, other keys, headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

import thence
from thence import faults
from thence.redact import KNOWN
from thence.seams import stainless
from thence.seams.keys import secrets_of
from thence.testing import Answer, Provider

KEYS = ["first key of many", "second key of many", "third key of many"]


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    yield
    KNOWN.forget()


def test_secrets_of_clients() -> None:
    client = openai.OpenAI(
        api_key="the api key",
        webhook_secret="the webhook secret",
        base_url="https://me:the%20password@example.org/v1",
        default_headers={"Authorization": "Bearer the bearer", "x-other": "no secret", "X-Api-Key": "the header"},
        default_query={"sig": "not named so", "access_token": "the query"},
    )
    found = secrets_of(client)
    for value in ("the api key", "the webhook secret", "the bearer", "the header", "the query"):
        assert value in found.values()
    assert "no secret" not in found.values()
    azure = openai.AzureOpenAI(azure_ad_token="the ad token", azure_endpoint="https://x.example", api_version="1")
    assert "the ad token" in secrets_of(azure).values()
    assert "the a key" in secrets_of(anthropic.Anthropic(api_key="the a key")).values()
    assert "the a token" in secrets_of(anthropic.Anthropic(auth_token="the a token")).values()


def test_the_log_of_faults_has_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    thence.wrap(openai.OpenAI(api_key=KEYS[0]), store=tmp_path / "store.db")
    faults.note("a test of the log", f"could not read {KEYS[0]}")
    assert "could not read [redacted:api_key]" in caplog.text
    assert KEYS[0] not in caplog.text
    assert KEYS[0] not in str(faults.last())


def test_callables_are_not_called() -> None:
    def provider() -> str:
        raise AssertionError

    assert secrets_of(openai.OpenAI(api_key=provider)) == {}


def test_copies_and_changed_keys_are_learned(tmp_path: Path) -> None:
    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key=KEYS[0]), store=tmp_path / "store.db")
        object.__setattr__(stainless.covered(client), "wake", lambda: None)
        other = client.with_options(api_key=KEYS[1])
        client.api_key = KEYS[2]
        for each in (client, other):
            each.chat.completions.create(model="m", messages=[{"role": "user", "content": ", ".join(KEYS)}])
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert written.count(b"[redacted:api_key]") >= 6
    assert not [key for key in KEYS if key.encode() in written]


def _written(folder: Path) -> bytes:
    """Every byte of the journal, and what it comes to."""
    journal = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    with thence.open(folder / "store.db") as store:
        store.flush()
        calls = list(store.calls())
    assert calls
    said = [(c.params.to_json(), c.url, c.tract, c.branch, c.request, c.response, c.error) for c in calls]
    return journal + repr(said).encode()


def _unread(client: Any, folder: Path) -> Any:
    wrapped = thence.wrap(client, store=folder / "store.db")
    object.__setattr__(stainless.covered(wrapped), "wake", lambda: None)
    return wrapped


MESSAGES: Any = [{"role": "user", "content": "hi"}]
OWN = "a-call-of-its-own-key"


@pytest.mark.parametrize(
    ("given", "beside"),
    [
        ({}, {"extra_headers": {"Authorization": f"Bearer {OWN}"}}),
        ({}, {"extra_headers": {"x-portkey-api-key": OWN}}),
        ({}, {"extra_query": {"key": OWN, "n": "2"}}),
        ({"api_key": lambda: OWN}, {}),
    ],
    ids=["authorization", "header", "query", "function"],
)
def test_a_key_that_is_told_back_where_it_is_refused(given: dict[str, Any], beside: Any, tmp_path: Path) -> None:
    with Provider() as provider:
        sdk = openai.OpenAI(**{"base_url": f"{provider.url}/v1", "api_key": "none", "max_retries": 0, **given})
        provider.answer(Answer({"error": {"message": f"no such key: {OWN}"}}, status=401))
        with pytest.raises(openai.AuthenticationError, match=OWN):
            _unread(sdk, tmp_path).chat.completions.create(model="m", messages=MESSAGES, **beside)
    assert OWN.encode() not in _written(tmp_path)


def test_the_query_of_a_call_is_written_as_its_url_is(tmp_path: Path) -> None:
    with Provider() as provider:
        client = _unread(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none"), tmp_path)
        query = {"key": OWN, "n": "2", "auth": {"token": OWN, "kind": "a"}}
        client.chat.completions.create(model="m", messages=MESSAGES, extra_query=query)
    assert OWN.encode() not in _written(tmp_path)
    (call,) = thence.calls(tmp_path / "store.db")
    hidden = {"key": "[redacted]", "n": "2", "auth": {"token": "[redacted]", "kind": "a"}}
    assert call.params["extra_query"].value == hidden


def test_names_of_places_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", OWN)
    token = "gh" + "p_" + "0Ab1" * 9
    with Provider() as provider:
        client = _unread(openai.OpenAI(base_url=f"{provider.url}/{token}/v1", api_key="none"), tmp_path)
        with thence.session(tract=f"of {OWN}", branch=f"for {OWN}"):
            client.chat.completions.create(model="m", messages=MESSAGES)
    written = _written(tmp_path)
    assert OWN.encode() not in written
    assert token.encode() not in written


def test_arguments_of_a_decorated_function_that_are_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_STORE", str(tmp_path / "store.db"))
    keys = [f"{OWN}-{n}" for n in range(4)]

    @thence.record(api_key=keys[0])
    def ask(prompt: str, api_key: str = keys[1], headers: Any = None, max_tokens: int = 5) -> str:
        return f"{prompt} {headers} {max_tokens} is said with {api_key}"

    ask("hi", api_key=keys[2], headers={"x-api-key": keys[3]})
    written = _written(tmp_path)
    assert not [key for key in keys if key.encode() in written]
    (call,) = thence.calls(tmp_path / "store.db")
    assert call.params["max_tokens"].value == 5


@pytest.mark.parametrize("name", ["extra_headers", "n", "stream"])
def test_a_client_takes_no_parameter_that_belongs_to_the_call(name: str, tmp_path: Path) -> None:
    with pytest.raises(thence.errors.ConfigError, match=f"{name} can't be set from outside the call"):
        thence.wrap(openai.OpenAI(api_key="none"), store=tmp_path / "store.db", params={name: 1})
