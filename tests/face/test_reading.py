"""``open``, ``calls``, ``last_call`` and ``call_of``: from what a program holds to what was recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.seams.forms import USER, client_of

import thence
from thence.testing import Provider


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("THENCE_STORE", str(tmp_path / "store.db"))
    with Provider() as running:
        yield running


def chat(client: Any, **more: Any) -> Any:
    return client.chat.completions.create(model="m", messages=USER, **more)


def test_last_call_is_this_contexts(provider: Provider) -> None:
    client = thence.wrap(client_of("openai", provider.url))
    chat(client, temperature=0.1)
    call = thence.last_call()
    assert call is not None
    assert call.params["temperature"].value == 0.1

    async def other() -> None:
        await chat(thence.wrap(client_of("openai", provider.url, is_async=True)), temperature=0.9)
        inner = thence.last_call()
        assert inner is not None
        assert inner.params["temperature"].value == 0.9

    asyncio.run(other())
    again = thence.last_call()
    assert again is not None
    assert again.id == call.id


def test_call_of_a_response_an_id_and_a_stream(provider: Provider) -> None:
    client = thence.wrap(client_of("openai", provider.url))
    response = chat(client)
    stream = chat(client, stream=True)
    for _ in stream:
        pass
    embedded = client.embeddings.create(model="m", input="hi")
    raw = client.embeddings.with_raw_response.create(model="m", input="hi")
    first, second, third, fourth = thence.calls()
    answers = ((response, first), (response.id, first), (stream, second), (embedded, third), (raw, fourth))
    for given, expected in answers:
        found = thence.call_of(given)
        assert found is not None
        assert found.id == expected.id
    assert thence.call_of("chatcmpl-nobody") is None


def test_calls_sees_what_only_the_journal_holds(provider: Provider) -> None:
    chat(thence.wrap(client_of("openai", provider.url)))
    assert [call.status for call in thence.calls()] == ["completed"]
    with thence.open() as store:
        assert len(store.calls()) == 1


def test_a_store_opens_tracts(provider: Provider) -> None:
    chat(thence.wrap(client_of("openai", provider.url)))
    with thence.open() as store:
        tract = store.tract()
        assert [commit.role for commit in tract.log()] == ["assistant", "user"]
        assert store.fsck() == []


def test_the_store_and_the_journal_that_the_configuration_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THENCE_STORE", raising=False)
    (tmp_path / "thence.toml").write_text('store = "runs/calls.db"\njournal_dir = "journals"\n')
    monkeypatch.chdir(tmp_path)
    with Provider() as provider:
        chat(thence.wrap(client_of("openai", provider.url)))
        assert len(thence.calls()) == 1
        with thence.open() as store:
            assert store.url.endswith("/runs/calls.db")
        with thence.Tract.open() as tract:
            assert tract.store.url.endswith("/runs/calls.db")
    assert not (tmp_path / ".thence").exists()
