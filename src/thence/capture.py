"""Bodies without their text: what is written where ``capture="params"`` is in force.

The representation is the wire shape itself. Every text that somebody wrote, a model or a person, is replaced where it
stands by ``[withheld:LENGTH:DIGEST]``; all else stays: structure, roles, parameters, tool names, ids, usage, finish
reasons. So whatever reads full bodies reads these, and because equal texts give equal marks, an answer and its echo are
still one item and conversations still link up.

What is text? In a field of content, every string but those that say how the content is built (``type``, ``role``, ids).
Elsewhere, in parameters and in what an answer says of itself, a string with white space or of more than 64 characters:
names of models, modes and formats are short words. Arguments of a tool call are withheld as one, numbers too, by the
digest of their canonical form; vectors, token ids and log probabilities, which spell text in other ways, also.

A digest tells nothing of a long text and confirms a guess at a short one (``yes``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from thence.frames import Begin, End
from thence.providers import UNKNOWN, Answer, Endpoint, find, read_answer
from thence.providers.exact import canonical_text, dumps, loads

__all__ = ["strip_answer", "strip_request", "withheld"]

_WORD = re.compile(r"[^\s]{1,64}\Z")
_CONTENT = frozenset(
    {
        "candidates",
        "chat_history",
        "choices",
        "completion",
        "completions",
        "const",
        "content",
        "contents",
        "datasource_item",
        "default",
        "delta",
        "description",
        "documents",
        "embedding_input",
        "error",
        "example",
        "examples",
        "filename",
        "generation",
        "generations",
        "input",
        "inputs",
        "instruction",
        "instructions",
        "known_speaker_names",
        "message",
        "message_history",
        "messages",
        "negative_prompt",
        "output",
        "outputs",
        "parts",
        "preamble",
        "prediction",
        "prompt",
        "prompts",
        "query",
        "reasoning",
        "reasoning_content",
        "refusal",
        "results",
        "revised_prompt",
        "search_query",
        "speaker",
        "suffix",
        "system",
        "systemInstruction",
        "system_instruction",
        "text",
        "texts",
        "thinking",
        "title",
        "transcript",
        "user_location",
        "word",
    }
)
"""Names of members that hold what somebody wrote, in whatever body."""
_STRUCTURE = frozenset(
    {
        "call_id",
        "code",
        "created",
        "detail",
        "effort",
        "encoding_format",
        "finishReason",
        "finish_reason",
        "format",
        "id",
        "index",
        "media_type",
        "model",
        "modelVersion",
        "object",
        "param",
        "phase",
        "previous_response_id",
        "responseId",
        "response_id",
        "role",
        "server_label",
        "service_tier",
        "status",
        "stop_reason",
        "stop_sequence",
        "summary",
        "toolUseId",
        "tool_call_id",
        "tool_use_id",
        "type",
        "verbosity",
    }
)
"""Names of members that say, in content too, how it is built; kept where they hold a short word."""
_ARGUMENTS = frozenset({"arguments", "args", "variables"})
_DEFINING = _ARGUMENTS | {"input", "parameters", "input_schema", "schema", "description", "strict"}
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use", "toolUse"})
_SPELLED = frozenset({"logprobs", "embedding", "embeddings", "tokens", "token_ids", "top_logprobs", "bytes"})
_STOPS = frozenset({"stop", "stop_sequences", "stopSequences"})


def _mark(text: str) -> str:
    return f"[withheld:{len(text)}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}]" if text else ""


class _Walk:
    """A pass over one body; ``content`` are the names under which everything is text."""

    def __init__(self, content: frozenset[str]) -> None:
        self.content = content

    def value(self, value: Any, name: str = "", *, inside: bool = False) -> Any:
        """``value`` of the member ``name`` without its text; ``inside`` content or not."""
        if isinstance(value, str):
            return self._text(value, name, inside=inside)
        if isinstance(value, Mapping):
            return {member: self._member(value, member, inside=inside) for member in value}
        if isinstance(value, (list, tuple)):
            if value and inside and all(type(item) in {int, float} for item in value):
                return [_mark(canonical_text(list(value)))]
            return [self.value(item, name, inside=inside) for item in value]
        return value

    def _text(self, text: str, name: str, *, inside: bool) -> str:
        if name in _STOPS and len(text) <= 64:
            return text
        return _mark(text) if inside or _WORD.match(text) is None else text

    def _member(self, owner: Mapping[str, Any], name: str, *, inside: bool) -> Any:
        value = owner[name]
        if name in _SPELLED and not isinstance(value, (bool, int, str, type(None))):
            return None if name != "embedding" else []
        if name in _ARGUMENTS or (name == "input" and owner.get("type") in _CALLS):
            return _arguments(value)
        if name in _STRUCTURE and isinstance(value, str) and _WORD.match(value):
            return value
        if name == "name" and isinstance(value, str) and _WORD.match(value) and not _DEFINING.isdisjoint(owner):
            return value  # a function's; a person's is text
        return self.value(value, name, inside=inside or name in self.content)


def _arguments(value: Any) -> Any:
    """Arguments of a tool call as one mark, the same however they are spaced; text stays text, a value a value."""
    if not isinstance(value, str):
        return {"withheld": _mark(canonical_text(value))} if value else value
    try:
        spelled = loads(value)
    except (ValueError, RecursionError):
        return _mark(value)
    if not isinstance(spelled, dict) or not spelled:
        return _mark(value) if spelled else value
    return dumps({"withheld": _mark(canonical_text(spelled))})


def _walk(endpoint: Endpoint) -> _Walk:
    return _Walk(_CONTENT | {content.field for content in endpoint.content})


def strip_request(endpoint: Endpoint, body: bytes) -> bytes:
    """A request's body without text, as JSON. Empty where the body is no JSON: nothing of it can be told apart."""
    try:
        value = loads(body.decode("utf-8"))
        return _encoded(_walk(endpoint).value(value, inside=not isinstance(value, dict)))
    except (ValueError, RecursionError):
        return b""


def strip_answer(endpoint: Endpoint, body: bytes, content_type: str | None = None) -> bytes:
    """An answer's body without text, as JSON; a stream is folded. Empty where the body is no JSON."""
    return _stripped(endpoint, read_answer(endpoint, body, content_type))


def _stripped(endpoint: Endpoint, answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    try:
        return _encoded(_walk(endpoint).value(answer.body, inside=not isinstance(answer.body, dict)))
    except RecursionError:
        return b""


def _encoded(value: Any) -> bytes:
    return dumps(value).encode("utf-8", "surrogatepass")


def withheld(frame: Begin | End, payload: bytes, *, begin: Begin | None = None) -> tuple[Begin | End, bytes]:
    """A frame and its payload without text; ``begin`` is the begin frame of an end.

    What a session was given (label, tags, metadata) is said for the record, and stays.
    """
    asked = frame if isinstance(frame, Begin) else begin
    endpoint = UNKNOWN if asked is None else find(asked.method, asked.url)
    if isinstance(frame, Begin):
        return _begin(frame, endpoint), strip_request(endpoint, payload) if payload else b""
    return _end(frame, payload, endpoint)


def _end(end: End, payload: bytes, endpoint: Endpoint) -> tuple[End, bytes]:
    attempts = [replace(attempt, error=_kind(attempt.error)) for attempt in end.attempts]
    end = replace(end, error=_kind(end.error), attempts=attempts, used=_walk(endpoint).value(end.used))
    if not payload:
        return end, b""
    status = attempts[-1].status if attempts else None
    answer = read_answer(endpoint, payload, end.content_type, end.content_encoding, status)
    stripped = _stripped(endpoint, answer)
    if not stripped:
        return replace(end, kept=False, size=len(payload), digest=hashlib.sha256(payload).digest()), b""
    end = replace(end, status=answer.ending(end.status))  # whoever reads the folded answer can't see how it ended
    return replace(end, content_type="application/json", content_encoding=None), stripped


def _begin(begin: Begin, endpoint: Endpoint) -> Begin:
    walk = _walk(endpoint)
    asked = [replace(each, values=walk.value(each.values)) for each in begin.asked]
    return replace(begin, url=begin.url.partition("?")[0], asked=asked)


def _kind(error: str | None) -> str | None:
    """The class of an error; what it says often repeats what was sent."""
    return None if error is None else error.partition(": ")[0]
