"""An answer, read: its bytes as a body, and what the body says about itself.

Nothing here refuses an answer. What can't be decoded is None with the reason in ``error``; a stream that broke off is
folded as far as it came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from thence import faults
from thence.providers.canonical import Item
from thence.providers.encodings import decoded
from thence.providers.endpoint import Endpoint, Folded, dig
from thence.providers.exact import dumps, loads
from thence.providers.fold import error_of
from thence.providers.shapes import ENDPOINTS
from thence.providers.shapes.chat_completions import CHAT_COMPLETIONS
from thence.providers.sse import Event, decoder_for
from thence.providers.usage import Usage, usage_of

__all__ = ["Answer", "events_of", "read_answer"]

_EXCERPT = 300
_UNFINISHED = frozenset({"queued", "in_progress", "cancelling"})
"""States of an answer that is still to come: no reasons for its end."""


class Answer(msgspec.Struct, frozen=True):
    """What an answer says.

    ``body`` is the parsed JSON, a stream folded to the shape of an answer that is none; ``text`` its exact text where
    it was not streamed. ``choices`` holds, per choice, the items as a caller sends them back. ``used`` maps a parameter
    to its value and to the response field that says so. ``truncated``: a stream whose end was not seen. ``failed``: the
    provider says that what was asked for went wrong.
    """

    body: Any = None
    text: str | None = None
    streamed: bool = False
    error: str | None = None
    id: str | None = None
    model: str | None = None
    finish_reasons: list[str] = []
    choices: tuple[tuple[Item, ...], ...] = ()
    usage_verbatim: dict[str, Any] | None = None
    usage: Usage = Usage()
    used: dict[str, tuple[Any, str]] = {}
    truncated: bool = False
    failed: bool = False

    def ending(self, status: str) -> str:
        """How the call ended, where the wire alone says that it was closed, or that all of the answer was read.

        An SDK closes a stream at its last event, before its last byte, and then nothing was left to read; and at an
        event that tells of an error, which it may raise. An error inside an answer may be all that the provider says.
        """
        if self.failed and status in {"closed", "completed"}:
            return "failed"
        return "completed" if status == "closed" and self.streamed and not self.truncated else status


def read_answer(
    endpoint: Endpoint,
    body: bytes,
    content_type: str | None = None,
    content_encoding: str | None = None,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Read an answer's bytes as they came from the wire. Never raises.

    A content type with a parameter ``shape`` names the row of the answer, where a gateway gave it another shape than
    the request's: ``application/json; shape=chat_completions``.
    """
    asked, endpoint = endpoint, _shape_said(content_type) or endpoint
    try:
        plain = decoded(body, content_encoding)
    except (ValueError, ImportError) as error:
        return Answer(error=str(error))
    try:
        answer = _read(endpoint, plain, content_type, status, headers or {})
        return _retold(asked, answer) if endpoint is CHAT_COMPLETIONS else answer
    except Exception as error:  # a row that trusts an answer too much; the bytes are kept in the record
        faults.note("answer", error)
        return Answer(error=f"the answer can't be read as {endpoint.name}: {error}")


def _read(
    endpoint: Endpoint, plain: bytes, content_type: str | None, status: int | None, headers: Mapping[str, str]
) -> Answer:
    events = events_of(plain, content_type)
    if events is None:
        value, text, reason = _parsed(plain)
        folded = _listed(endpoint, value)
        failed = _message(folded.error) or _failed(endpoint, folded.body, plain, status)
        answer = _described(endpoint, folded, text, failed or reason, headers, streamed=False)
    else:
        folded = (endpoint.fold or _last)(events)
        failed = _message(folded.error) or _failed(endpoint, folded.body, plain, status)
        answer = _described(endpoint, folded, None, failed, headers, streamed=True)
    has_failed = folded.error or (failed and (answer.streamed or endpoint.asks))
    return msgspec.structs.replace(answer, failed=True) if has_failed else answer


def _shape_said(content_type: str | None) -> Endpoint | None:
    """The row that a content type names; None where it names none."""
    name = (content_type or "").partition("; shape=")[2]
    return next((row for row in ENDPOINTS if row.name == name), None) if name else None


def _retold(asked: Endpoint, answer: Answer) -> Answer:
    """The answer with its items in the words of the request, in which a gateway sends them back."""
    if asked.retold is None:
        return answer
    said = [[asked.retold(item.value, answer.streamed) for item in choice] for choice in answer.choices]
    return msgspec.structs.replace(answer, choices=_formed(asked, said))


def events_of(body: bytes, content_type: str | None) -> list[Event] | None:
    """A stream's events; None where the answer is no stream."""
    decoder = decoder_for(content_type, body)
    return None if decoder is None else [*decoder.feed(body), *decoder.close()]


def _parsed(plain: bytes) -> tuple[Any, str | None, str | None]:
    """The value of a body, its text, and why there is none."""
    if not plain:
        return None, None, None
    try:
        text = plain.decode("utf-8-sig", "surrogatepass")
    except UnicodeDecodeError:
        return None, None, None  # a file: audio, an image
    try:
        return loads(text), text, None
    except RecursionError:
        return None, text, "the answer is nested too deeply to be read"
    except ValueError:
        return None, text, None


def _listed(endpoint: Endpoint, value: Any) -> Folded:
    """A whole answer; a list of chunks (a stream asked for as JSON) is folded like one."""
    if isinstance(value, list) and endpoint.fold and value and all(isinstance(chunk, dict) for chunk in value):
        return endpoint.fold([Event(None, "", chunk) for chunk in value])
    return Folded(value, complete=True)


def _last(events: Sequence[Event]) -> Folded:
    """A stream of an endpoint that knows of none: its events, as they came."""
    values = [event.value for event in events if event.value is not None]
    error = next((error for event in events if (error := error_of(event))), None)
    return Folded({"events": values}, complete=True, error=error)


def _described(
    endpoint: Endpoint,
    folded: Folded,
    text: str | None,
    error: str | None,
    headers: Mapping[str, str],
    *,
    streamed: bool,
) -> Answer:
    body = folded.body
    verbatim = _usage(endpoint, body, headers)
    return Answer(
        body=body,
        text=text,
        streamed=streamed,
        error=error,
        id=_string(_first(body, endpoint.id)),
        model=_string(_first(body, endpoint.model)),
        finish_reasons=_reasons(endpoint, body),
        choices=_formed(endpoint, endpoint.choices(body)),
        usage_verbatim=verbatim,
        usage=Usage() if verbatim is None else usage_of(verbatim),
        used=_used(endpoint, body),
        truncated=streamed and not folded.complete,
    )


def _first(body: Any, paths: tuple[str, ...]) -> Any:
    return next((value for path in paths for value in dig(body, path) if value is not None), None)


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _reasons(endpoint: Endpoint, body: Any) -> list[str]:
    for path in endpoint.finish:
        found = [str(reason) for reason in dig(body, path) if reason not in (None, "")]
        if found:
            return [] if _UNFINISHED.issuperset(found) else found
    return []


def _formed(endpoint: Endpoint, choices: Sequence[Sequence[Any]]) -> tuple[tuple[Item, ...], ...]:
    """The items of each choice, in the form in which a caller sends them back."""
    field = endpoint.growing or "answer"
    try:
        return tuple(tuple(Item(field, dumps(value), value, endpoint.former) for value in choice) for choice in choices)
    except RecursionError:
        return ()


def _usage(endpoint: Endpoint, body: Any, headers: Mapping[str, str]) -> dict[str, Any] | None:
    for path in endpoint.usage:
        for usage in dig(body, path):
            if isinstance(usage, dict) and usage:
                return usage
    counts = {name: value for name in endpoint.counted for value in dig(body, name) if value is not None}
    if counts:
        return counts
    told = {name: headers.get(header) for name, header in endpoint.headers.items()}
    return {name: int(text) for name, text in told.items() if text and text.isdecimal()} or None


def _used(endpoint: Endpoint, body: Any) -> dict[str, tuple[Any, str]]:
    """What the provider says it used: echoes, and whole objects of settings. A null says nothing."""
    used: dict[str, tuple[Any, str]] = {}
    for path in endpoint.echoed_whole:
        for settings in dig(body, path):
            if isinstance(settings, dict):
                used.update({name: (value, f"{path}.{name}") for name, value in settings.items() if value is not None})
    for name, path in endpoint.echoed.items():
        values = [value for value in dig(body, path) if value is not None]
        if values and all(value == values[0] for value in values):  # choices may differ: then no one value was used
            used[name] = (values[0], path)
    return used


def _failed(endpoint: Endpoint, body: Any, plain: bytes, status: int | None) -> str | None:
    """The error that an answer tells of: by its body, also with status 200, or else by its status."""
    told = _message(_first(body, endpoint.error))
    if told or not status or status < 400:
        return told
    if isinstance(body, dict):
        told = next((text for name in ("message", "detail", "Message") if (text := _message(body.get(name)))), None)
    excerpt = plain[:_EXCERPT].decode("utf-8", "replace").strip()
    return f"HTTP {status}: {told or excerpt}".rstrip(": ")


def _message(error: Any) -> str | None:
    """An error object as a line: its type and what it says."""
    if not error:
        return None
    if not isinstance(error, dict):
        return str(error)
    inner = error.get("error")
    if isinstance(inner, dict):
        return _message(inner)
    kind = error.get("type") or error.get("code")
    said = error.get("message") or error.get("detail")
    return ": ".join(str(part) for part in (kind, said) if part) or dumps(error)
