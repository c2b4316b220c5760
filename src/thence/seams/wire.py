"""What really goes over the wire, seen through the event hooks of the client's own HTTP client.

``httpx`` and ``httpx2`` are told apart by nobody here: both have ``event_hooks``, requests with ``method``, ``url`` and
``headers``, and responses with a ``stream``. The hooks do nothing unless a wrapped call is in flight in this context,
and nothing for a request that the SDK did not build for that call (a token refresh goes through the same HTTP client,
and its body is a secret): what a Stainless SDK builds carries its ``x-stainless-…`` headers.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Any

from thence import faults
from thence.scope import in_flight
from thence.seams.keys import QUERY
from thence.seams.recording import Recording, Sent
from thence.seams.tee import tee

__all__ = ["attach", "detach", "sees"]

# Request headers that are parameters of the call, or say which helper made it. Every other header stays unread.
REQUEST_HEADERS = frozenset(
    {
        "anthropic-beta",
        "anthropic-version",
        "openai-beta",
        "x-stainless-helper-method",
        "x-stainless-helper",
        "x-stainless-stream-helper",
    }
)
RESPONSE_HEADERS = frozenset(
    {
        "anthropic-organization-id",
        "content-encoding",
        "content-type",
        "openai-model",
        "openai-organization",
        "openai-processing-ms",
        "openai-version",
        "request-id",
        "retry-after",
        "retry-after-ms",
        "x-amzn-requestid",
        "x-envoy-upstream-service-time",
        "x-groq-region",
        "x-ms-region",
        "x-request-id",
    }
)
RESPONSE_PREFIXES = ("x-ratelimit-", "anthropic-ratelimit-", "x-amzn-bedrock-", "x-litellm-")
_TEXT = re.compile(r"json|text|event-stream|xml|ndjson|x-www-form|amazon\.eventstream", re.IGNORECASE)
_SECRET_QUERY = re.compile(rf"(?i)([?&](?:[^=&#]*(?:{QUERY})[^=&#]*))=[^&#]*")


@lru_cache(maxsize=512)
def _request_name(raw: bytes) -> str | None:
    """The name of a request header that matters here; None of one that doesn't."""
    name = raw.lower().decode("latin-1")
    return name if name in REQUEST_HEADERS or name in {"content-type", "x-stainless-lang"} else None


@lru_cache(maxsize=512)
def _kept_name(raw: bytes) -> str | None:
    """The name of a response header that is kept; None of one that isn't."""
    name = raw.lower().decode("latin-1")
    return name if name in RESPONSE_HEADERS or name.startswith(RESPONSE_PREFIXES) else None


def _url(url: Any) -> str:
    """Without user and password, and without the values of query parameters that name a secret."""
    text = f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.raw_path.decode('ascii', 'replace')}"
    return _SECRET_QUERY.sub(r"\1=[redacted]", text) if "?" in text else text


def _sent(request: Any) -> Sent | None:
    """The request as it leaves; None where the SDK did not build it for a call."""
    kept: dict[str, str] = {}
    is_json = is_call = False
    for raw, value in request.headers.raw:
        name = _request_name(raw)
        if name is None:
            continue
        if name == "content-type":
            is_json = b"json" in value
        elif name == "x-stainless-lang":
            is_call = True
        else:
            kept[name] = value.decode("latin-1")
    if not is_call:
        return None
    # `_content` is there when the body was in memory from the start; anything else must not be touched.
    body = getattr(request, "_content", None)
    kind = "unread" if body is None else "none"
    if body:
        kind = "json" if is_json else "bytes"
    return Sent(request.method, _url(request.url), kind, body, kept)


def _kept_headers(response: Any) -> dict[str, str]:
    return {
        name: value.decode("latin-1") for raw, value in response.headers.raw if (name := _kept_name(raw)) is not None
    }


def _on_request(request: Any) -> None:
    recording = in_flight.get()
    if not isinstance(recording, Recording):
        return
    try:
        sent = _sent(request)
        if sent is not None:
            recording.leaving = request
            recording.sending(sent)
    except Exception as error:
        faults.note("request hook", error)


def _on_response(response: Any) -> None:
    recording = in_flight.get()
    if not isinstance(recording, Recording):
        return
    try:
        if response.request is recording.leaving:
            recording.leaving = None
            _answered(recording, response)
    except Exception as error:
        faults.note("response hook", error)


def _answered(recording: Recording, response: Any) -> None:
    headers = _kept_headers(response)
    kind, encoding = headers.pop("content-type", None), headers.pop("content-encoding", None)
    keep = kind is None or _TEXT.search(kind) is not None
    if hasattr(response, "_content"):
        # In memory from the start, and decoded.
        recording.answered(response.status_code, headers, keep=keep, kind=kind).take(response.content)
        return
    body = recording.answered(response.status_code, headers, keep=keep, kind=kind, encoding=encoding)
    stream = tee(response.stream, body)
    if stream is not None:
        response.stream = stream
        recording.watch(stream)


async def _on_request_async(request: Any) -> None:
    _on_request(request)


async def _on_response_async(response: Any) -> None:
    _on_response(response)


_HOOKS: dict[bool, dict[str, Any]] = {
    False: {"request": _on_request, "response": _on_response},
    True: {"request": _on_request_async, "response": _on_response_async},
}


class _Hooks(list[Any]):
    """The hooks of one event of an HTTP client, and ours, which is called but not among them: whoever lists, counts or
    compares hooks finds their own. A request comes to ours last, as it leaves; an answer first, before any other hook
    reads it or raises.

    Attributes:
        users: the wrapped clients that use the HTTP client, by ``id``: ours goes when the last of them is unwrapped.
    """

    def __init__(self, hooks: Iterable[Any], ours: Any) -> None:
        super().__init__(hook for hook in hooks if hook is not ours)
        self.ours = ours
        self.users: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()

    def __iter__(self) -> Iterator[Any]:
        listed = super().__iter__()
        return chain((self.ours,), listed) if self.ours in _FIRST else chain(listed, (self.ours,))

    def __reduce__(self) -> Any:
        return list, (self.copy(),)


_FIRST = frozenset({_on_response, _on_response_async})


def _hooks_of(client: Any) -> dict[str, Any] | None:
    hooks = getattr(client._client, "event_hooks", None)
    return hooks if isinstance(hooks, dict) else None


def attach(client: Any, *, is_async: bool) -> bool:
    """See what the HTTP client of ``client`` sends from now on. False where it has no event hooks."""
    hooks = _hooks_of(client)
    if hooks is None:
        return False
    for event, ours in _HOOKS[is_async].items():
        if type(hooks.get(event)) is not _Hooks:
            hooks[event] = _Hooks(hooks.get(event, ()), ours)
        hooks[event].users[id(client)] = client
    return True


def sees(client: Any) -> bool:
    """Whether the hooks are in place: a program may have replaced the HTTP client or its hooks since."""
    hooks = _hooks_of(client)
    return hooks is not None and all(type(hooks.get(event)) is _Hooks for event in ("request", "response"))


def detach(client: Any) -> None:
    """Take the hooks away again, unless another wrapped client shares the HTTP client."""
    hooks = _hooks_of(client) or {}
    for event, listed in hooks.items():
        if type(listed) is _Hooks:
            listed.users.pop(id(client), None)
            if not listed.users:
                hooks[event] = listed.copy()
