"""A recorded request, sent again: exactly as it was, or with some parameters changed.

Theory. The request goes through the SDK that sent it first, wrapped, so that it is recorded as any call: the same
context is the same commits, and the answer stands beside the first one as its sibling. What is changed is an
``OVERRIDE`` that shadows the recorded value. No other layer fills anything: what is configured where the replay runs
has nothing to do with the request that was made. Each replay carries a tag with the id of the call that it repeats and,
as metadata, what was changed, so that a sweep that broke off finds what has been answered.

A recorded URL may come from somebody else's bundle. So a key is only taken from the variable that is named after the
host (``OPENAI_API_KEY`` goes to openai.com alone), or from the one that the user names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import product
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from thence.errors import NotFound, ThenceError, Unavailable, UnsupportedClient
from thence.params import Layer, ParameterSource
from thence.params.names import generates, is_protected
from thence.providers import provider_of
from thence.scope import Opening, Scope, newest
from thence.seams.stainless import cover
from thence.store.call import REPLAY
from thence.wrapping import recorder_for

if TYPE_CHECKING:
    from thence.store import Call, Store

__all__ = ["Point", "Sender", "answered", "grid", "key_variable"]

_CLIENTS: Final = {
    "openai": ("OpenAI", r"(?P<base>.*?/v\d+[a-z]*)(?P<path>/.*)"),
    "anthropic": ("Anthropic", r"(?P<base>.*?)(?P<path>/v1/.*)"),
}
_ELSEWHERE: Final = frozenset({"azure", "bedrock", "aws", "vertex"})
"""Hosts that want more than a key; their clients are made from what no record holds."""


_OTHER_KEYS: Final = frozenset({"auth_token", "admin_api_key", "webhook_secret"})
"""What clients take from the environment beside the key, whoever the host is."""
_TOLD: Final = 13
"""Characters of an id that a place on the screen has room for; the tag has the whole."""


@dataclass(frozen=True)
class Point:
    """One request of a sweep: what is changed, and which repetition it is (None: of a single replay)."""

    values: Mapping[str, Any]
    repeat: int | None = None

    @property
    def name(self) -> str:
        """The same text for the same point."""
        return json.dumps([self.repeat, dict(self.values)], sort_keys=True)


def grid(settings: Mapping[str, Sequence[Any]], repeat: int = 1) -> list[Point]:
    """Every combination of the values, each ``repeat`` times."""
    combinations = product(*settings.values())
    return [
        Point(dict(zip(settings, values, strict=True)), number) for values in combinations for number in range(repeat)
    ]


def answered(store: Store, call: Call) -> Iterator[tuple[str, Call]]:
    """The replays of a call that were answered, each with its point's name, newest first."""
    for found in store.calls(call.tract).where(tag=_tag(call)).newest_first():
        if found.status == "completed":
            yield Point(found.metadata.get("set") or {}, found.metadata.get("repeat")).name, found


def key_variable(call: Call) -> str:
    """The variable that holds the key of the host that a call was sent to."""
    provider = provider_of(urlsplit(call.url).netloc)
    return f"{re.sub(r'[^A-Z0-9]+', '_', provider.upper())}_API_KEY"


class Sender:
    """Sends one recorded request, again and again.

    Args:
        call: the recorded call.
        store: where it is recorded, and its replays will be.
        location: the store's path or URL, with its password.
        tract: the name of its tract.
        branch: the branch that the answers move.
        environ: where the key is looked up.
        key_from: the variable that holds it; :func:`key_variable` of the call, where it is None.
        retries: how often the SDK tries again where it is told to wait, or nothing comes.

    Raises:
        NotFound: the request's text was not kept, there is no key, or the SDK is missing.
        UnsupportedClient: it was not sent by an SDK that can send it again.
        ThenceError: recording is switched off here.
    """

    def __init__(
        self,
        call: Call,
        store: Store,
        location: str,
        *,
        tract: str,
        branch: str,
        environ: Mapping[str, str],
        key_from: str | None = None,
        retries: int = 2,
    ) -> None:
        self.call = call
        self._store = store
        self._body = _body(call)
        sdk, client, base, self._path = _recorded(call)
        recorder = recorder_for(store=location, tract=tract, branch=branch)
        if recorder is None:
            raise ThenceError("recording is switched off here, so no answer would be kept", hint="thence doctor")
        key = _key(call, environ, key_from)
        self._sdk = _imported(sdk)
        self._client = getattr(self._sdk, client)(base_url=base, api_key=key, max_retries=retries)
        for other in _OTHER_KEYS & vars(self._client).keys():
            setattr(self._client, other, None)
        cover(self._client, replace(recorder, layers=()))

    def send(self, point: Point) -> Call:
        """Send the request with what ``point`` changes, and read its answer to the end.

        Returns:
            The new call: also where the provider refused, or did not answer.
        """
        locked, inside = self._divided(point.values)
        origin = f"replay of {self.call.id[:_TOLD]}"
        layers = (Layer(ParameterSource.OVERRIDE, origin, locked),) if locked else ()
        metadata = {**self.call.metadata, "set": dict(point.values)}
        metadata.pop("repeat", None)  # the call may be a sweep's itself
        if point.repeat is not None:
            metadata["repeat"] = point.repeat
        before = newest.get()
        marked = Opening(Scope(layers=layers, tags=(_tag(self.call),), metadata=metadata))
        with marked, suppress(self._sdk.APIError):  # the record says what it was
            self._exchange({**self._body, **inside})
        begun = newest.get()
        if begun is None or begun == before:
            raise Unavailable("the call was not recorded", hint="thence doctor")
        self._store.flush()
        return self._store.call(begun[1].hex())

    def _exchange(self, body: dict[str, Any]) -> None:
        if not body.get("stream"):
            self._client.post(self._path, body=body, cast_to=object)
            return
        stream_cls = self._sdk.Stream[object]
        for _ in self._client.post(self._path, body=body, cast_to=object, stream=True, stream_cls=stream_cls):
            pass

    def _divided(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What an override can lock, and what it must not touch, so that it is changed in the body itself."""
        locks, body = generates(self._path), self._body
        locked = {
            name: value
            for name, value in values.items()
            if locks and not (is_protected(name, value) or is_protected(name, body.get(name)))
        }
        return locked, {name: value for name, value in values.items() if name not in locked}


def _tag(call: Call) -> str:
    return f"{REPLAY}{call.id}"


_FILE = {"name", "filename", "size"}


def _body(call: Call) -> dict[str, Any]:
    kept = call.capture == "full"
    if not kept or not isinstance(call.request, dict):
        why = "its body is no JSON object" if kept else "its text was not kept"
        raise NotFound(f"the call {call.id} can't be sent again: {why}")
    files = call.request.get("files")
    if isinstance(files, list) and any(isinstance(each, dict) and each.keys() == _FILE for each in files):
        raise NotFound(f"the call {call.id} can't be sent again: of its files, names and sizes were kept")
    return call.request


def _recorded(call: Call) -> tuple[str, str, str, str]:
    """SDK, client class, base URL and path of a recorded call."""
    sdk = (call.sdk or "").partition(" ")[0]
    provider = provider_of(urlsplit(call.url).netloc)
    if sdk not in _CLIENTS or provider in _ELSEWHERE or call.method != "POST":
        sent = f"a {call.method} request of {call.sdk or 'an unknown SDK'} to {provider}"
        raise UnsupportedClient(f"{sent} can't be sent again", hint="POST requests of openai and anthropic can")
    client, pattern = _CLIENTS[sdk]
    found = re.fullmatch(pattern, call.url)
    if found:
        return sdk, client, found["base"], found["path"]
    parts = urlsplit(call.url)
    return sdk, client, f"{parts.scheme}://{parts.netloc}", call.url.partition(parts.netloc)[2]


def _key(call: Call, environ: Mapping[str, str], key_from: str | None) -> str:
    name = key_from or key_variable(call)
    if environ.get(name):
        return environ[name]
    if key_from is None and provider_of(urlsplit(call.url).netloc) == "local":
        return "none"  # loopback asks for no key
    raise NotFound(f"{name} is not set, and {urlsplit(call.url).netloc} wants a key", hint="--key-from VARIABLE")


def _imported(sdk: str) -> Any:
    try:
        return import_module(sdk)
    except ModuleNotFoundError as error:
        raise NotFound(f"the SDK {sdk} is not installed", hint=f"pip install 'thence[{sdk}]'") from error
