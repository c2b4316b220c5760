"""The odd inputs as they are on record: the same on both databases, under the same hashes, exact, and sound."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.inputs.answered import ANSWERS, STREAMS
from tests.inputs.asked import REQUESTS, UPLOADS, chat
from tests.inputs.sides import CHAT, attempt
from tests.seams.conftest import Tape
from tests.seams.forms import client_of
from tests.store.snapshots import snapshot

import thence
from thence.ingest import drain
from thence.ingest import open_store as opened
from thence.journal import Writer
from thence.providers.exact import loads
from thence.store import Call, Store
from thence.testing import Answer, Provider
from thence.upkeep import fsck


class Stores(NamedTuple):
    """The same journal in both databases, and what was sent, by the call's name."""

    sqlite: Store
    postgresql: Store
    sent: dict[str, list[bytes]]


def record(folder: Path, scratch: Path) -> dict[str, list[bytes]]:
    """Make every call of the tables with a wrapped client; what was sent, by the call's name."""
    writer = Writer(folder)
    tape, sent = Tape(folder, writer), {}
    with Provider() as provider:
        client = tape.wrap(client_of("openai", provider.url))
        other = tape.wrap(client_of("anthropic", provider.url))

        def call(name: str, kwargs: dict[str, Any], answer: Answer | None, path: str = CHAT, by: Any = client) -> None:
            if answer is not None:
                provider.answer(answer)
            before = len(provider.seen)
            with thence.session(metadata={"case": name}):
                asyncio.run(attempt(by, path, kwargs))
            provider._queue.clear()  # an answer that was not asked for is not the next one's
            sent[name] = [seen.body for seen in provider.seen[before:]]

        for name, make in REQUESTS.items():
            call(f"request: {name}", make(), None)
        for name, answer in ANSWERS.items():
            call(f"answer: {name}", chat(), answer)
            call(f"answer of Anthropic: {name}", chat(max_tokens=1), answer, "messages.create", other)
        for name, answer in STREAMS.items():
            call(f"stream: {name}", chat(stream=True), answer)
            call(f"stream of Anthropic: {name}", chat(stream=True, max_tokens=1), answer, "messages.create", other)
        for name, upload in UPLOADS.items():
            path = scratch / "a.jsonl"
            path.write_bytes(b"0123456789")
            call(f"upload: {name}", {"file": upload(path), "purpose": "batch"}, Answer({"id": "f"}), "files.create")
    writer.close()
    return sent


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory, postgres_server: str) -> Iterator[Stores]:
    """The same journal in a SQLite file and in a PostgreSQL database, and what was sent."""
    from tests.store import postgres

    folder = tmp_path_factory.mktemp("inputs")
    sent = record(folder / "journal", folder)
    kept = [(path, path.read_bytes()) for path in (folder / "journal").iterdir()]
    with postgres.database(postgres_server) as url, opened(folder / "store.db") as one, opened(url) as two:
        for store in (one, two):
            for path, content in kept:
                path.write_bytes(content)  # whoever has read a segment to its end deletes it
            assert drain(store, folder=folder / "journal").unreadable == 0
        yield Stores(one, two, sent)


def by_case(store: Store) -> dict[str, Call]:
    return {str(call.metadata["case"]): call for call in store.calls()}


def test_both_databases_hold_the_same(stores: Stores) -> None:
    """Every row of every table: so every content, under every hash, with every seal."""
    one, two, sent = stores
    assert snapshot(one) == snapshot(two)
    # A call that fails before it is a request, in the SDK's own signature, is none.
    assert [name for name in sent if name not in by_case(one) and sent[name]] == []
    assert len(list(one.calls())) == len(by_case(one))


databases = pytest.mark.parametrize("which", ["sqlite", "postgresql"])


@databases
def test_the_record_is_what_was_sent(stores: Stores, which: str) -> None:
    sent = stores.sent
    for name, call in by_case(getattr(stores, which)).items():
        assert call.status != "pending", name
        if name.startswith("upload") or not sent[name]:
            continue
        assert call.request_body == sent[name][0], name
        body = loads(sent[name][0].decode("utf-8", "surrogatepass"))
        if isinstance(body, dict):
            for parameter, value in call.generation_config.items():
                assert same(value, body[parameter]), (name, parameter)


@databases
def test_fsck_finds_nothing(stores: Stores, which: str) -> None:
    assert fsck(getattr(stores, which)) == []


EXACT: dict[str, Any] = {
    "nan": ("temperature", math.nan),
    "inf": ("top_p", math.inf),
    "minus zero": ("temperature", -0.0),
    "one": ("temperature", 1),
    "one and nothing": ("temperature", 1.0),
    "true for one": ("temperature", True),
    "text for one": ("temperature", "1"),
    "2 to the 63": ("seed", 2**63),
    "10 to the 30": ("seed", 10**30),
    "numpy scalars": ("temperature", 0.5),
    "nul": ("user", "a\x00b"),
    "unnormalised text": ("user", "\ufeffe\u0301 \u00e9 \u202e \u200b"),
    "none": ("temperature", None),
    "extra_body over keyword": ("temperature", 0.9),
    "odd names": ("__proto__", 8),
}


@databases
@pytest.mark.parametrize("name", EXACT)
def test_values_read_back_as_they_were(name: str, which: str, stores: Stores) -> None:
    call, (parameter, value) = by_case(getattr(stores, which))[f"request: {name}"], EXACT[name]
    if not stores.sent[f"request: {name}"]:  # this release of the SDK refuses it, and nothing was sent
        assert call.status == "failed"
        return
    assert same(call.generation_config[parameter], value)
    assert same(call.params[parameter].sent, value)


def same(one: Any, two: Any) -> bool:
    """Equality that tells 1 from True and 1.0, -0.0 from 0.0, and holds for NaN."""
    if type(one) is not type(two):
        return False
    if isinstance(one, dict):
        return list(one) == list(two) and all(same(one[name], two[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(two) and all(same(*pair) for pair in zip(one, two, strict=True))
    return repr(one) == repr(two)
