"""What a test's calls were: recorded into a store that is there for the test alone."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from thence import face
from thence.errors import ThenceError
from thence.journal import folder_for
from thence.seams import install, stainless
from thence.seams.playing import Player, play, stop
from thence.seams.recording import Recorder
from thence.settings import Settings
from thence.store import Call
from thence.wrapping import recorder_for, release

__all__ = ["Recorded", "recorded"]

Client = TypeVar("Client")
_VARIABLE = "THENCE_STORE"


class Recorded:
    """The calls of a test, so far. Iterating gives them oldest first; ``len`` counts them.

    Attributes:
        path: the store's file.
        journal: the folder of its journal.
    """

    def __init__(self, path: Path, recorder: Recorder, player: Player | None = None) -> None:
        self.path = path
        self.journal = folder_for(str(path), Settings.load().journal_dir)
        self._recorder = recorder
        self._player = player
        self._store: face.Store | None = None
        self._taken: list[tuple[Any, Recorder | None, Any]] = []

    @property
    def store(self) -> face.Store:
        """The store, with everything in it that was recorded by now."""
        if self._store is None:
            self._store = face.open(self.path)
        self._store.flush()
        return self._store

    def take(self, client: Client) -> Client:
        """Record a client that was made before, until the test's end. The same object is returned."""
        network = None if self._player is None else play(client, self._player)
        self._taken.append((client, stainless.covered(client), network))
        stainless.uncover(client)
        stainless.cover(client, self._recorder)
        return client

    def only(self) -> Call:
        """The one call that there is.

        Raises:
            AssertionError: there is none, or there are several.
        """
        calls = list(self)
        if len(calls) != 1:
            listed = "".join(f"\n  {call.operation} {call.request_model or ''} {call.callsite}" for call in calls)
            raise AssertionError(f"{len(calls) or 'no'} calls were recorded, not one{listed}")
        return calls[0]

    def last(self) -> Call:
        """The newest call.

        Raises:
            AssertionError: there is none.
        """
        calls = list(self)
        if not calls:
            raise AssertionError("no calls were recorded")
        return calls[-1]

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self.store.calls()))

    def __len__(self) -> int:
        return len(self.store.calls())

    def __bool__(self) -> bool:
        return len(self) > 0

    def close(self) -> None:
        """Give clients their own recording back, and let go of the store."""
        for client, recorder, network in reversed(self._taken):
            stainless.uncover(client)
            if recorder is not None:
                stainless.cover(client, recorder)
            if network is not None:
                stop(client, network)
        self._taken.clear()
        release(str(self.path))
        if self._store is not None:
            self._store.close()


@contextmanager
def recorded(*clients: Any, player: Player | None = None) -> Iterator[Recorded]:
    """Record what happens inside into a temporary store: every client that is made there, and ``clients``.

    A program that wraps its clients itself is recorded here too, with its own presets and parameters, unless it names a
    store. Nothing of it is left behind.

    Args:
        clients: clients that exist already; they are given back as they were.
        player: answers their requests in the provider's place: a :class:`~thence.testing.Cassette`.

    Raises:
        ThenceError: recording is switched off (``THENCE_DISABLED``).
    """
    folder = Path(tempfile.mkdtemp(prefix="thence-recorded-"))
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = path = str(folder / "store.db")
    kept = install.installed()
    found = None
    try:
        recorder = recorder_for(capture="full")
        if recorder is None:
            raise ThenceError("recording is switched off", hint="unset THENCE_DISABLED")
        found = Recorded(Path(path), recorder, player)
        for client in clients:
            found.take(client)
        told = None if player is None else partial(play, player=player)
        install.install(lambda: recorder, told=told)
        yield found
    finally:
        install.restore(kept)
        os.environ.pop(_VARIABLE, None) if before is None else os.environ.update({_VARIABLE: before})
        if found is not None:
            found.close()
        shutil.rmtree(folder, ignore_errors=True)
