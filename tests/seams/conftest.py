"""What the seam tests share: a provider on loopback, and the frames that a wrapped client leaves in a real journal."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import certifi
import pytest

from thence import frames, journal
from thence.seams import stainless
from thence.seams.recording import Recorder
from thence.testing import Provider

Client = TypeVar("Client")


@pytest.fixture(scope="session", autouse=True)
def swift(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same tests in a third of the time: the collector walks what tests make, and clients load one certificate."""
    gc.collect()
    gc.freeze()
    first = Path(certifi.where()).read_text(encoding="utf-8").partition("-----END CERTIFICATE-----")
    one = tmp_path_factory.mktemp("ca") / "one.pem"
    one.write_text(first[0] + first[1] + "\n", encoding="utf-8")
    os.environ["SSL_CERT_FILE"] = str(one)


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thence's own faults fail the test; retries of the SDKs don't wait."""
    monkeypatch.setenv("THENCE_STRICT", "1")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as running:
        yield running


@dataclass
class Written:
    """One call as the journal has it."""

    begin: frames.Begin
    request: bytes
    end: frames.End | None = None
    answer: bytes = b""


@dataclass
class Tape:
    """A journal, and wrapped clients that write to it."""

    folder: Path
    writer: journal.Writer
    recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self.recorder = Recorder(store="store.db", journal=lambda: self.writer, wake=lambda: None)

    def wrap(self, client: Client) -> Client:
        stainless.cover(client, self.recorder)
        return client

    def calls(self, *, twice: bool = False) -> list[Written]:
        """Every call so far, oldest first; that each has at most one end is checked here, unless it may have two."""
        gc.collect()
        found: dict[bytes, Written] = {}
        for segment in sorted(journal.segments(self.folder), key=lambda s: s.name):
            for record in journal.read(segment.path):
                frame = frames.decode(record.header)
                if isinstance(frame, frames.Begin):
                    assert frame.call_id not in found or found[frame.call_id].end is None
                    found[frame.call_id] = Written(frame, record.payload)
                elif isinstance(frame, frames.End):
                    call = found[frame.call_id]
                    assert twice or call.end is None, "a call ended twice"
                    call.end, call.answer = frame, record.payload
        return list(found.values())

    def only(self) -> Written:
        calls = self.calls()
        assert len(calls) == 1, f"{len(calls)} calls instead of one"
        return calls[0]

    def ended(self) -> frames.End:
        end = self.only().end
        assert end is not None
        return end


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Tape]:
    writer = journal.Writer(tmp_path / "store.db.journal")
    yield Tape(tmp_path / "store.db.journal", writer)
    writer.close()


Make = Callable[..., Any]
