"""The seam of LiteLLM: a ``CustomLogger``, which LiteLLM tells of each call by exactly named arguments.

One record per ``litellm_call_id``:

- opened by ``log_pre_api_call``, in the caller's thread before the request leaves; by the first word about it where
  there is no request (a cache hit, a failure before sending);
- ended by the first of: the raw answer (``log_post_api_call``, still in the caller's thread), the success event (which
  comes late, and is all that a stream has), the failure event, the end of LiteLLM's own object of the call (a stream
  that nobody reads on, or whose event loop ends before LiteLLM's events are through, tells of itself in no other way).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import litellm  # type: ignore[import-not-found,unused-ignore]
from litellm.integrations.custom_logger import CustomLogger  # type: ignore[import-not-found,unused-ignore]
from litellm.litellm_core_utils.redact_messages import (  # type: ignore[import-not-found,unused-ignore]
    should_redact_message_logging,
)
from msgspec import json

from thence import faults, frames
from thence.params.origins import place
from thence.seams.callback_asked import (
    asked_of,
    body_of,
    falls_back,
    given_to,
    is_form,
    passing_object,
    provider_of,
    route_of,
)
from thence.seams.callback_call import Call, Calls, encoded, newest, watch
from thence.seams.origin import call_origin
from thence.seams.recording import Recorder, new_call_id, now
from thence.seams.writing import placed

__all__ = ["CallbackSeam"]


class CallbackSeam(CustomLogger):  # type: ignore[misc,unused-ignore]  # LiteLLM may be absent where types are checked
    """Records the calls that LiteLLM tells it of.

    Args:
        recorder: gives what to record with, at the first call; None where recording is off.
    """

    def __init__(self, recorder: Callable[[], Recorder | None]) -> None:
        super().__init__()
        self._make = recorder
        self._made: Recorder | None = None
        self._is_made = False
        self._calls = Calls()

    @property
    def _recorder(self) -> Recorder | None:
        if not self._is_made:
            self._made, self._is_made = self._make(), True
        return self._made

    # -- what LiteLLM calls; arguments are passed by these names

    def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        """An attempt is about to be sent."""
        del model, messages
        with faults.guard("LiteLLM: before a call"):
            self._open(kwargs, passing_object())

    def log_post_api_call(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        """The provider's answer is here, as it came; or a stream has begun."""
        del response_obj, start_time, end_time
        with faults.guard("LiteLLM: after a call"):
            call = self._calls.get(str(kwargs.get("litellm_call_id")))
            if call is None:
                return
            answer = kwargs.get("original_response")
            if not call.streams_in(answer) and not kwargs.get("stream"):
                raw = _raw(answer)
                if raw is not None:
                    call.ends("completed", raw, "application/json")

    def log_success_event(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        """The call succeeded. Of a sync call; comes late, from another thread."""
        del start_time, end_time
        with faults.guard("LiteLLM: success"):
            self._succeeded(kwargs, response_obj, passing_object())

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """The call succeeded. Of an async call; comes late."""
        del start_time, end_time
        with faults.guard("LiteLLM: success"):
            self._succeeded(kwargs, response_obj, passing_object())

    def log_failure_event(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        """An attempt failed."""
        del response_obj, start_time, end_time
        with faults.guard("LiteLLM: failure"):
            self._failed(kwargs, passing_object())

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """An attempt failed. Of an async call."""
        del response_obj, start_time, end_time
        with faults.guard("LiteLLM: failure"):
            self._failed(kwargs, passing_object())

    async def async_post_call_streaming_deployment_hook(
        self, request_data: dict[str, Any], response_chunk: Any, call_type: Any
    ) -> None:
        """A piece of an async stream is on its way; None lets it pass as it is. The stream is what calls."""
        del call_type
        with faults.guard("LiteLLM: piece of a stream"):
            stream = passing_object()
            teller = getattr(stream, "logging_obj", None)  # the Responses API's pieces come with the request only
            name = request_data.get("litellm_call_id") or getattr(teller, "litellm_call_id", None)
            call = self._calls.get(str(name))
            if call is not None:
                call.passes(response_chunk, stream)

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: Any,
        traceback_str: str | None = None,
    ) -> None:
        """The proxy gives its caller an error: no attempt follows."""
        del user_api_key_dict, traceback_str
        with faults.guard("LiteLLM: failure at the proxy"):
            call = self._calls.get(str(request_data.get("litellm_call_id")))
            if call is not None and not call.is_over:
                call.fails(original_exception, final=True)

    # -- recording

    def _open(self, details: Mapping[str, Any], owner: Any) -> Call | None:
        """The call of LiteLLM's id, opened now; another attempt of it where it is open already."""
        recorder, name = self._recorder, details.get("litellm_call_id")
        if recorder is None or not isinstance(name, str):
            return None
        call = self._calls.get(name)
        if call is None:
            if should_redact_message_logging(dict(details)):  # LiteLLM's switch: callbacks are to see no text
                recorder = replace(recorder, capture="params")
            call = self._calls.add(name, Call(recorder, _begin(recorder, details, name)))
            if owner is not None:
                weakref.finalize(owner, call.gives_up)
                if details.get("stream"):
                    watch(owner, call)
        if call.is_over:
            return call
        if recorder.redact is not None and isinstance(key := details.get("api_key"), str):
            recorder.redact.known.learn({"api-key": key})
        begin, body = call.begin, body_of(details, given_to(owner))
        site = begin.callsite
        where = None if site is None else place(site.file, site.line, site.function)
        begin.url, begin.provider = route_of(details), provider_of(details)
        begin.body = "form" if is_form(details) else "json"
        begin.asked = asked_of(details, owner, body, where)
        call.may_retry = call.may_retry or _may_retry(details, owner)
        call.is_stream = bool(details.get("stream"))
        call.sends(body)
        newest.set(call)
        return call

    def _succeeded(self, details: Mapping[str, Any], answer: Any, owner: Any) -> None:
        if answer is None or type(answer).__name__ == "ModelResponseStream":  # a piece
            return
        call = self._calls.get(str(details.get("litellm_call_id"))) or self._open(details, owner)
        if call is not None and not call.is_over:
            call.succeeds(answer, is_left=_is_left(details))

    def _failed(self, details: Mapping[str, Any], owner: Any) -> None:
        call = self._calls.get(str(details.get("litellm_call_id"))) or self._open(details, owner)
        if call is not None and not call.is_over:
            call.fails(details.get("exception") or "failed", final=not call.may_retry)


def _begin(recorder: Recorder, details: Mapping[str, Any], name: str) -> frames.Begin:
    at = now()
    is_proxied = bool((details.get("litellm_params") or {}).get("proxy_server_request"))
    begin = frames.Begin(
        call_id=new_call_id(at),
        at=at,
        seam="litellm",
        method="POST",
        url="",
        body="json",
        sdk=f"litellm {version('litellm')}",
        # Behind a proxy the caller's line is the web server's, which says nothing.
        callsite=None if is_proxied else call_origin("litellm"),
        metadata={"litellm_call_id": name, **({"cache_hit": True} if details.get("cache_hit") else {})},
    )
    placed(begin, recorder)
    return begin


def _may_retry(details: Mapping[str, Any], owner: Any) -> bool:
    """Whether another attempt under the same id may follow a failure. A router in this program gives each its own."""
    params = details.get("litellm_params") or {}
    if params.get("proxy_server_request"):
        return True
    if "model_group" in (params.get("metadata") or {}):
        return False
    given = given_to(owner)
    return bool(given.get("num_retries") or given.get("retry_policy") or litellm.num_retries) or falls_back()


def _is_left(details: Mapping[str, Any]) -> bool:
    """Whether the proxy's caller went away in the middle of a stream: LiteLLM reports what had come as a success."""
    metadata = (details.get("litellm_params") or {}).get("metadata") or {}
    return bool(metadata.get("client_disconnected"))


def _raw(answer: Any) -> bytes | None:
    """The provider's own answer as JSON; None where LiteLLM has something else under that name (an error's text)."""
    if callable(getattr(answer, "model_dump_json", None)):
        return encoded(answer)
    text = answer.encode() if isinstance(answer, str) else answer
    if not isinstance(text, bytes) or text[:1] not in {b"{", b"["}:
        return None
    try:
        json.decode(text)
    except ValueError:
        return None
    return text
