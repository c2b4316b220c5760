"""``wrap``: the one place where a seam, the parameters and the journal meet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from thence import faults, forks
from thence.errors import UnsupportedClient
from thence.journal import Writer, folder_for, tell
from thence.params import ParameterSource
from thence.params.layers import load_layers
from thence.redact import KNOWN, Redactor, Rules, redact_value, secrets_in
from thence.scope import layer
from thence.seams import install as seam_install
from thence.seams import stainless
from thence.seams.recording import Recorder
from thence.settings import Settings, is_disabled

__all__ = ["install", "is_wrapped", "recorder_for", "release", "uninstall", "unwrap", "wrap"]

Client = TypeVar("Client")


class _Sink:
    """Where the frames of this process go for one store: a journal, and the thread that ingests it."""

    def __init__(self, store: str, settings: Settings, durability: str) -> None:
        self._store = store
        self._settings = settings
        self._durability = durability
        self._lock = forks.Lock()
        self._writer: Writer | None = None
        self._background: Any = None

    def journal(self) -> Writer:
        """The journal; made at the first call, so that wrapping makes no file."""
        writer = self._writer
        if writer is None:
            with self._lock:
                writer = self._writer
                if writer is None:
                    folder = folder_for(self._store, self._settings.journal_dir)
                    limit = self._settings.journal_max_bytes
                    writer = self._writer = Writer(folder, durability=self._durability, limit=limit)
        return writer

    def wake(self) -> None:
        """Something was written. The ingest is imported and started by the first call, in its own thread."""
        background = self._background
        if background is None:
            with self._lock:
                if self._background is None:
                    with forks.undivided():
                        from thence.ingest import Background

                    self._background = Background(self._store, self.journal())
                background = self._background
        background.wake()

    def close(self) -> None:
        """Take in what was written, end the thread, and let go of the journal."""
        if self._background is not None:
            self._background.stop()
        if self._writer is not None:
            self._writer.close()


_sinks: dict[tuple[str, str], _Sink] = {}
_sinks_lock = forks.Lock()


def _sink(store: str, settings: Settings, durability: str) -> _Sink:
    with _sinks_lock:
        key = (store, durability)
        if key not in _sinks:
            _sinks[key] = _Sink(store, settings, durability)
        return _sinks[key]


def release(store: str) -> None:
    """Let go of a store that this process has recorded into, before it is deleted: its journal is closed."""
    with _sinks_lock:
        mine = [_sinks.pop(key) for key in list(_sinks) if key[0] == store]
    for sink in mine:
        sink.close()


def recorder_for(
    *,
    store: str | Path | None = None,
    tract: str | None = None,
    branch: str | None = None,
    params: Mapping[str, Any] | None = None,
    preset: str | None = None,
    capture: str | None = None,
    redact: Rules | None = None,
    durability: str | None = None,
) -> Recorder | None:
    """A recorder from the settings in force and what is given here; None where recording is switched off.

    Raises:
        ConfigError: the configuration says something impossible.
    """
    if is_disabled():
        return None
    settings = Settings.load()
    capture = capture or settings.capture
    if settings.disabled or capture == "off":
        return None
    url = settings.store if store is None else Settings.store_url(store)
    layers = load_layers(settings, preset=preset)
    if params:
        layers = (layer(ParameterSource.CLIENT, params), *layers)
    sink = _sink(url, settings, durability or settings.durability)
    faults.tell(partial(tell, folder_for(url, settings.journal_dir)))
    return Recorder(
        store=url,
        journal=sink.journal,
        wake=sink.wake,
        tract=tract or settings.tract,
        branch=branch or settings.branch,
        layers=layers,
        capture=capture,
        redact=_redactor(redact),
    )


def _redactor(rules: Rules | None) -> Redactor:
    """What all that is written passes through: always there, with the environment's secrets and the user's rules."""
    KNOWN.learn(secrets_in(os.environ))
    faults.hide(redact_value)
    return Redactor(rules)


def wrap(
    client: Client,
    *,
    store: str | Path | None = None,
    tract: str | None = None,
    branch: str | None = None,
    params: Mapping[str, Any] | None = None,
    preset: str | None = None,
    capture: str | None = None,
    redact: Rules | None = None,
    durability: str | None = None,
) -> Client:
    """Record every call of ``client`` from now on.

    Args:
        client: a client of ``openai``, ``anthropic`` or another SDK of the Stainless generator, sync or async.
        store: path of a SQLite file or a database URL; by default as configured, else the nearest ``.thence/``.
        tract: the line of context that calls belong to; by default ``main``.
        branch: the branch whose head moves with each answer; by default ``main``.
        params: values for parameters that a call leaves unset (source ``CLIENT``).
        preset: name of a preset whose values fill what nothing else sets (source ``PRESET``).
        capture: ``full``, ``params`` (no text is written) or ``off``.
        redact: rules of your own, beside those for keys and tokens, which are always on: the name of a ready rule
            (``email``, ``phone``, ...), a string, a compiled expression, a function from bytes to bytes, or a list of
            these. Applied before anything is written.
        durability: ``process`` (survives ``kill -9``) or ``power`` (survives a power cut).

    Returns:
        The same object, of the same type. Wrapping it again changes nothing. A client that has come covered by
        :func:`install` takes what is said here, where anything is.

    Raises:
        UnsupportedClient: ``client`` is no client that Thence knows.
        ConfigError: the configuration says something impossible.
    """
    if not stainless.is_stainless(client):
        kind = f"the class {client.__name__}" if isinstance(client, type) else f"a {type(client).__name__}"
        raise UnsupportedClient(
            f"wrap() takes a client object, not {kind}",
            hint="openai.OpenAI(), openai.AsyncOpenAI(), anthropic.Anthropic(), anthropic.AsyncAnthropic() and their "
            "Azure, Bedrock and Vertex kinds are supported; for LiteLLM see thence.litellm.Callback, for anything "
            "else decorate the function that talks to the model with @thence.record",
        )
    known = stainless.covered(client)
    if known is not None:
        said = (store, tract, branch, params, preset, capture, redact, durability)
        if not seam_install.gave(known) or all(each is None for each in said):
            stainless.cover(client, known)  # anew, where a program has put something over the cover since
            return client
        stainless.uncover(client)
    recorder = recorder_for(
        store=store,
        tract=tract,
        branch=branch,
        params=params,
        preset=preset,
        capture=capture,
        redact=redact,
        durability=durability,
    )
    if recorder is not None:
        stainless.cover(client, recorder)
    return client


def unwrap(client: Client) -> Client:
    """Give ``client`` its own methods back; calls made from now on are not recorded. The same object is returned."""
    stainless.uncover(client)
    return client


def is_wrapped(client: object) -> bool:
    """Whether calls of ``client`` are recorded."""
    return stainless.covered(client) is not None


def install(
    *,
    store: str | Path | None = None,
    tract: str | None = None,
    branch: str | None = None,
    params: Mapping[str, Any] | None = None,
    preset: str | None = None,
    capture: str | None = None,
    redact: Rules | None = None,
    durability: str | None = None,
) -> None:
    """Record every call of every client that is made later in this process; the program needs no other change.

    Takes what :func:`wrap` takes. Clients that exist already stay as they are. Nothing is patched by importing Thence:
    only this call does it, and :func:`uninstall` undoes it.

    Raises:
        ConfigError: the configuration says something impossible.
    """
    recorder = recorder_for(
        store=store,
        tract=tract,
        branch=branch,
        params=params,
        preset=preset,
        capture=capture,
        redact=redact,
        durability=durability,
    )
    if recorder is not None:
        seam_install.install(lambda: recorder)


def uninstall() -> None:
    """Clients made from now on come as their SDK makes them; those made meanwhile stay wrapped."""
    seam_install.uninstall()
