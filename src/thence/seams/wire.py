"""What really goes over the wire, seen through the event hooks of the client's own HTTP client.

``httpx`` and ``httpx2`` are told apart by nobody here: both have ``event_hooks``, requests with ``method``, ``url`` and
``headers``, and responses with a ``stream``. The hooks do nothing unless a wrapped call is in flight in this context,
and nothing for a request that the SDK did not build for that call (a token refresh goes through the same HTTP client,
and its body is a secret): what a Stainless SDK builds carries its ``x-stainless-…`` headers.
"""

from __future__ import annotations

import re
import weakref
from typing import Any

from thence import faults
from thence.scope import in_flight
from thence.seams.recording import Recording, Sent
from thence.seams.tee import tee

__all__ = ["attach", "detach", "sees"]

# Request headers that are parameters of the call, or say which helper made it. Every other header stays unread.
REQUEST_HEADERS = frozenset(
    {"anthropic-beta", "anthropic-version", "openai-beta", "x-stainless-helper-method", "x-stainless-helper"}
)
RESPONSE_HEADERS = frozenset(
    {
        "anthropic-organization-id",
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
_SECRET_QUERY = re.compile(r"(?i)([?&](?:[^=&#]*(?:key|token|secret|sig|signature|password|credential)[^=&#]*))=[^&#]*")


def _url(url: Any) -> str:
    """Without user and password, and without the values of query parameters that name a secret."""
    text = f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.raw_path.decode('ascii', 'replace')}"
    return _SECRET_QUERY.sub(r"\1=[redacted]", text) if "?" in text else text


def _sent(request: Any) -> Sent:
    headers = {k: v for k in REQUEST_HEADERS if (v := request.headers.get(k)) is not None}
    # `_content` is there when the body was in memory from the start; anything else must not be touched.
    body = getattr(request, "_content", None)
    kind = "unread" if body is None else "none"
    if body:
        kind = "json" if "json" in request.headers.get("content-type", "") else "bytes"
    return Sent(request.method, _url(request.url), kind, body, headers)


def _kept_headers(response: Any) -> dict[str, str]:
    return {k: v for k, v in response.headers.items() if k in RESPONSE_HEADERS or k.startswith(RESPONSE_PREFIXES)}


def _call_of(request: Any) -> Recording | None:
    recording = in_flight.get()
    if isinstance(recording, Recording) and "x-stainless-lang" in request.headers:
        return recording
    return None


def _on_request(request: Any) -> None:
    try:
        recording = _call_of(request)
        if recording is not None:
            recording.sending(_sent(request))
    except Exception as error:
        faults.note("request hook", error)


def _on_response(response: Any) -> None:
    try:
        recording = _call_of(response.request)
        if recording is None:
            return
        kind = response.headers.get("content-type")
        body = recording.answered(
            response.status_code,
            _kept_headers(response),
            keep=kind is None or _TEXT.search(kind) is not None,
            encoding=response.headers.get("content-encoding"),
            kind=kind,
        )
        if hasattr(response, "_content"):
            body.take(response.content)
            recording.encoding_undone()
            return
        stream = tee(response.stream, body)
        if stream is not None:
            response.stream = stream
            recording.watch(stream)
    except Exception as error:
        faults.note("response hook", error)


async def _on_request_async(request: Any) -> None:
    _on_request(request)


async def _on_response_async(response: Any) -> None:
    _on_response(response)


_HOOKS = {
    False: {"request": _on_request, "response": _on_response},
    True: {"request": _on_request_async, "response": _on_response_async},
}
# Which wrapped clients use an HTTP client: the hooks go when the last of them is unwrapped.
_users: weakref.WeakKeyDictionary[Any, weakref.WeakSet[Any]] = weakref.WeakKeyDictionary()


def attach(client: Any, *, is_async: bool) -> bool:
    """See what the HTTP client of ``client`` sends from now on. False where it has no event hooks."""
    http = client._client
    hooks = getattr(http, "event_hooks", None)
    if not isinstance(hooks, dict):
        return False
    for event, hook in _HOOKS[is_async].items():
        listed = hooks.setdefault(event, [])
        if hook not in listed:
            listed.append(hook)
    users = _users.get(http)
    if users is None:
        users = _users[http] = weakref.WeakSet()
    users.add(client)
    return True


def sees(client: Any, *, is_async: bool) -> bool:
    """Whether the hooks are in place: a program may have replaced the HTTP client or its hooks since."""
    hooks = getattr(client._client, "event_hooks", None)
    return isinstance(hooks, dict) and all(hook in hooks.get(event, ()) for event, hook in _HOOKS[is_async].items())


def detach(client: Any, *, is_async: bool) -> None:
    """Take the hooks away again, unless another wrapped client shares the HTTP client."""
    http = client._client
    users = _users.get(http)
    if users is not None:
        users.discard(client)
        if len(users):
            return
        del _users[http]
    hooks = getattr(http, "event_hooks", None)
    if isinstance(hooks, dict):
        for event, hook in _HOOKS[is_async].items():
            if hook in hooks.get(event, ()):
                hooks[event].remove(hook)
