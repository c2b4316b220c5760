"""Which secrets of a client are known, and that new ones are learned: copies, other keys, headers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anthropic
import openai
import pytest

import thence
from thence import faults
from thence.redact import KNOWN
from thence.seams import stainless
from thence.seams.keys import secrets_of
from thence.testing import Provider

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


@pytest.mark.parametrize("name", ["extra_headers", "n", "stream"])
def test_a_client_takes_no_parameter_that_belongs_to_the_call(name: str, tmp_path: Path) -> None:
    with pytest.raises(thence.errors.ConfigError, match=f"{name} can't be set from outside the call"):
        thence.wrap(openai.OpenAI(api_key="none"), store=tmp_path / "store.db", params={name: 1})
