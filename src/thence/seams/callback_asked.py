"""What was asked of LiteLLM, and what LiteLLM sent: read by name, so that a key it holds is never read.

LiteLLM keeps three things that look alike. What its caller gave is in the keyword arguments of the entry point (the
cache keeps them); ``optional_params`` is what it understood; ``complete_input_dict`` is what it sent. Only the first
and the last are facts, and what differs between them (renamed, filled in, dropped, rewritten) is found out later.

A parameter is a name that stands in the request that was sent, among OpenAI's parameters, or among what LiteLLM
understood as a parameter. Names of credentials, addresses and of LiteLLM's own switches are none.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import litellm  # type: ignore[import-not-found,unused-ignore]
from litellm.constants import OPENAI_CHAT_COMPLETION_PARAMS  # type: ignore[import-not-found,unused-ignore]
from msgspec import json

from thence.frames import Asked
from thence.providers import UNKNOWN, find
from thence.seams.asking import file_told
from thence.seams.callsite_answer import simple
from thence.seams.callsite_values import attributed

__all__ = ["asked_of", "body_of", "falls_back", "given_to", "is_form", "passing_object", "provider_of", "route_of"]

_NO_PARAMETERS = frozenset(
    {
        "api_base",
        "api_version",
        "base_url",
        "client",
        "default_headers",
        "deployment_id",
        "file",
        "extra_headers",
        "headers",
        "input",
        "max_retries",
        "messages",
        "organization",
        "prompt",
        "request_timeout",
        "timeout",
    }
)
_SECRET = re.compile(
    r"api_?key|secret|password|credential|authorization|private_key|access_key|session_token|_token$|^aws_|^vertex_|^azure_"
)
_KNOWN = frozenset(OPENAI_CHAT_COMPLETION_PARAMS)
# Where an SDK is what sends, LiteLLM knows the base URL only; the kind of call says the rest.
_ROUTES = {
    "completion": "chat/completions",
    "text_completion": "completions",
    "embedding": "embeddings",
    "moderation": "moderations",
    "image_generation": "images/generations",
    "transcription": "audio/transcriptions",
    "speech": "audio/speech",
    "responses": "responses",
    "anthropic_messages": "messages",
    "rerank": "rerank",
}
_CONTENT = {"embedding": "input", "moderation": "input", "responses": "input", "speech": "input"}
_STREAM_IN_BODY = frozenset({"chat_completions", "completions", "messages", "responses"})
_NOTHING: Mapping[str, Any] = {}
_MOVED = ("extra_body", "extra_query", "extra_headers", "timeout")


def is_parameter(name: str) -> bool:
    """Whether a name may be read at all."""
    return name not in _NO_PARAMETERS and _SECRET.search(name) is None


def route_of(details: Mapping[str, Any]) -> str:
    """Where the request went, without credentials and without a query (some providers put the key there)."""
    tail = _ROUTES.get(_kind(details))
    if tail == "completions" and "prompt" not in _sent(details):  # by way of a chat
        tail = "chat/completions"
    parts = urlsplit(str((details.get("additional_args") or {}).get("api_base") or ""))
    host = parts.netloc.rpartition("@")[2]
    url = urlunsplit((parts.scheme, host, parts.path, "", ""))
    if tail is None or find("POST", url or "/") is not UNKNOWN:
        return url
    return f"{url.rstrip('/')}/{tail}" if parts.path.strip("/") else f"{url.rstrip('/')}/v1/{tail}"


def provider_of(details: Mapping[str, Any]) -> str:
    """Whose model it is; LiteLLM itself where it found none, and sent nothing."""
    known = details.get("custom_llm_provider")
    prefix = str(details.get("model")).partition("/")[0]
    return str(known or (prefix if prefix in litellm.provider_list else "litellm"))


def _kind(details: Mapping[str, Any]) -> str:
    """The kind of call, by its sync name."""
    kind = str(details.get("call_type"))
    return kind if kind in _ROUTES else kind.removeprefix("a")


def _sent(details: Mapping[str, Any], given: Mapping[str, Any] = _NOTHING) -> Mapping[str, Any]:
    """The request as LiteLLM sent it; where nothing was sent, as it was understood, or given where it was not."""
    sent = _input(details)
    kind = _kind(details)
    if isinstance(sent, Mapping):
        said = {"input": details["input"]} if kind == "speech" and "input" in details else {}
        return {**said, **sent}
    content = _CONTENT.get(kind, "messages")
    held = details.get("input") if content == "input" else None
    held = details.get("messages") if held is None else held
    chosen = {n: v for n, v in given.items() if n in _KNOWN and v is not None} | dict(
        details.get("optional_params") or {}
    )
    chosen = {n: v for n, v in chosen.items() if is_parameter(n) and n not in _MOVED}
    return {"model": details.get("model"), **({} if held is None else {content: held}), **chosen}


def _input(details: Mapping[str, Any]) -> Any:
    return (details.get("additional_args") or {}).get("complete_input_dict")


def is_form(details: Mapping[str, Any]) -> bool:
    """Whether a file is sent."""
    return _kind(details) == "transcription" and "file" in _sent(details)


def body_of(details: Mapping[str, Any], given: Mapping[str, Any]) -> bytes:
    """The request as LiteLLM sent it, as JSON; where nothing was sent, as it was understood, or ``given``."""
    text = _input(details)
    if isinstance(text, (str, bytes)):
        return text.encode() if isinstance(text, str) else text
    sent = _sent(details, given)
    body = {name: simple(value) for name, value in sent.items() if name not in _MOVED and _SECRET.search(name) is None}
    if is_form(details):
        fields = {name: value for name, value in body.items() if name != "file"}
        return json.encode({**fields, "files": [file_told("file", sent["file"])]})
    extra = sent.get("extra_body")
    if isinstance(extra, Mapping):
        body.update(simple(extra))
    if details.get("stream") and find("POST", route_of(details)).name in _STREAM_IN_BODY:
        body["stream"] = True  # put in after LiteLLM has told of the request
    return json.encode(body)


def passing_object(depth: int = 2) -> Any:
    """LiteLLM's object (of the call, of the stream) that calls the callback; it is not among what it passes."""
    frame: FrameType | None = sys._getframe(depth)
    return None if frame is None else frame.f_locals.get("self")


def asked_of(details: Mapping[str, Any], call: Any, body: bytes, place: str | None) -> list[Asked]:
    """Who asked for what: the caller; and where a router or proxy chose a deployment, the deployment's own settings."""
    given = given_to(call)
    understood = details.get("optional_params") or {}
    names = _KNOWN | set(understood) | _members(body) | {"extra_body", "model"}
    params = details.get("litellm_params") or {}
    metadata = {**(params.get("litellm_metadata") or {}), **(params.get("metadata") or {})}
    group = metadata.get("model_group")
    asked_there = _proxy_body(params)
    deployed = _deployment() if asked_there is None else None
    own: dict[str, Any] = {}
    configured: dict[str, Any] = {}
    for name, value in (given or understood).items():
        if name not in names or not is_parameter(name) or value is None or (group and name == "stream" and not value):
            continue
        is_own = name in asked_there if asked_there is not None else not _is_deployed(deployed, name, value)
        (own if is_own else configured)[name] = simple(value)
    own.setdefault("model", str(details.get("model")))
    same = ["files"] if is_form(details) else []
    chosen = (asked_there or {}).get("model") or group
    if isinstance(chosen, str) and chosen != own["model"]:
        configured.setdefault("model", own["model"])
        own["model"] = chosen
    layers = attributed([Asked("CALL", place, values=own, same=same)], given)
    if configured:
        layers.append(Asked("CONFIG_FILE", f"litellm model_list: {group}", values=configured))
    return layers


def given_to(call: Any) -> Mapping[str, Any]:
    """What LiteLLM's caller gave, untouched; empty where this version of LiteLLM doesn't keep it."""
    kept = getattr(getattr(call, "llm_caching_handler", None), "request_kwargs", None)
    return kept if isinstance(kept, Mapping) else {}


def _proxy_body(params: Mapping[str, Any]) -> Mapping[str, Any] | None:
    request = params.get("proxy_server_request")
    body = request.get("body") if isinstance(request, Mapping) else None
    return body if isinstance(body, Mapping) else None


def _frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def _deployment() -> Mapping[str, Any] | None:
    """The settings of the deployment that a router in this program chose, from the router's own frame."""
    for frame in _frames():
        if not str(frame.f_globals.get("__name__")).startswith("litellm.router"):  # its core moved in 1.109
            continue
        deployment = frame.f_locals.get("deployment")
        found = deployment.get("litellm_params") if isinstance(deployment, Mapping) else None
        if isinstance(found, Mapping):
            return found
    return None


def falls_back() -> bool:
    """Whether another model is tried where this one fails. LiteLLM takes ``fallbacks`` out of what it passes on."""
    return any(frame.f_code.co_name == "async_completion_with_fallbacks" for frame in _frames())


def _is_deployed(deployed: Mapping[str, Any] | None, name: str, value: Any) -> bool:
    """Whether a value is the deployment's: the object itself, not one that is equal to it."""
    return deployed is not None and name in deployed and deployed[name] is value


def _members(body: bytes) -> set[str]:
    try:
        members = json.decode(body)
    except ValueError:
        return set()
    return set(members) if isinstance(members, dict) else set()
