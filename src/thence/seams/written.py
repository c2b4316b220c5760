"""What is written of a call: frames and bodies on their way to the journal, without what must not be there.

The one gate. Secrets are replaced in a body and in every text of a frame, and where the capture mode is ``params`` no
text gets through at all. What can't be read can't be cleaned, so it isn't written: of such an answer size and digest
are.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Protocol

from msgspec.structs import replace

from thence import frames
from thence.faults import from_outside
from thence.redact import Redactor

__all__ = ["written"]

SMALL = 16 << 10
"""Bytes up to which an answer is searched together with its frame; a longer one isn't copied for that."""
PLAIN = frozenset({None, "", "identity"})
"""Content encodings that are none."""


class Rules(Protocol):
    """What says how a call is written. A :class:`~thence.seams.recording.Recorder` does."""

    @property
    def capture(self) -> str:
        """``full`` or ``params``."""

    @property
    def redact(self) -> Redactor | None:
        """Replaces secrets."""


def written(
    rules: Rules, frame: frames.Begin | frames.End, payload: bytes, *, begin: frames.Begin | None = None
) -> tuple[bytes, bytes]:
    """Header and payload as they may be written.

    Args:
        rules: the capture mode and the redactor.
        frame: the frame; it stays as it is.
        payload: the request's body, or the answer's as it came.
        begin: the begin frame of an end, which says whose answer it is.
    """
    redactor = rules.redact
    if redactor is not None and rules.capture != "params" and isinstance(frame, frames.End):
        header = frames.encode(frame)
        if _is_clean(frame, header, payload, redactor):
            return header, payload
    if isinstance(frame, frames.End) and payload:
        frame, payload = _answer(frame, payload, redactor)
    elif redactor is not None and payload:
        payload = redactor(payload)
    if rules.capture == "params":
        from thence.capture import withheld

        frame, payload = withheld(frame, payload, begin=begin)
    if redactor is not None and isinstance(frame, frames.Begin) and "%" in frame.url:
        frame = replace(frame, url=redactor.url(frame.url))
    header = frames.encode(frame)
    if redactor is not None and _quotes(frame, redactor) and redactor.suspects(header):
        header = frames.encode(_clean(frames.decode(header), redactor))
    return header, payload


def _is_clean(end: frames.End, header: bytes, payload: bytes, redactor: Redactor) -> bool:
    """Whether a small answer and its frame, seen in one search, hold nothing to replace: the case of nearly all."""
    if len(payload) > SMALL or end.content_encoding not in PLAIN or redactor.suspects(header + payload):
        return False
    return not _streamed(end, payload) or redactor.pieces(payload) is payload


def _quotes(frame: frames.Begin | frames.End, redactor: Redactor) -> bool:
    """Whether a frame says anything in somebody else's words: all other text of it is ours, or a name that is clean."""
    if isinstance(frame, frames.End):
        return True  # a response's headers are the provider's own words
    return bool(
        frame.metadata
        or frame.tags
        or frame.label
        or frame.headers
        or "?" in frame.url
        or any(asked.values or asked.source != "CALL" for asked in frame.asked)
        or _suspects(redactor, redactor.known.needles, frame.url, frame.tract, frame.branch)
    )


@lru_cache(maxsize=1024)
def _suspects(redactor: Redactor, _known: tuple[bytes, ...], *names: str | None) -> bool:
    """Whether names that hardly ever change may hold a secret; asked again when more secrets are known."""
    return any(redactor.suspects(name.encode("utf-8", "surrogatepass")) for name in names if name)


def _answer(end: frames.End, payload: bytes, redactor: Redactor | None) -> tuple[frames.End, bytes]:
    """An answer is looked at as its reader sees it; where nothing had to be replaced, its bytes stay as they came."""
    if redactor is None:
        return end, payload
    try:
        plain = _decoded(payload, end.content_encoding)
    except (ValueError, ImportError) as error:
        if from_outside(error):
            raise
        return replace(end, kept=False, size=len(payload), digest=hashlib.sha256(payload).digest()), b""
    clean = redactor.stream(plain) if _streamed(end, plain) else redactor(plain)
    if clean is plain:
        return end, payload
    return replace(end, content_encoding=None), clean


def _streamed(end: frames.End, plain: bytes) -> bool:
    kind = end.content_type or ""
    return "event-stream" in kind or "ndjson" in kind or frames.begins_as_events(plain)


def _decoded(payload: bytes, encoding: str | None) -> bytes:
    if encoding in PLAIN:
        return payload
    from thence.providers.encodings import decoded

    return decoded(payload, encoding)


def _clean(frame: frames.Frame, redactor: Redactor) -> frames.Frame:
    """A decoded frame with every text that somebody else gave."""
    text, value = redactor.text, redactor.value
    if isinstance(frame, frames.Begin):
        frame.url, frame.headers = text(frame.url), value(frame.headers)
        frame.metadata, frame.tags, frame.client = value(frame.metadata), value(frame.tags), value(frame.client)
        frame.label, frame.tract, frame.branch = value(frame.label), value(frame.tract), value(frame.branch)
        for asked in frame.asked:
            asked.values, asked.origin, asked.origins = value(asked.values), value(asked.origin), value(asked.origins)
        if frame.callsite is not None:
            frame.callsite = replace(frame.callsite, file=text(frame.callsite.file))
    elif isinstance(frame, frames.End):
        frame.error, frame.used = value(frame.error), value(frame.used)
        for attempt in frame.attempts:
            attempt.headers, attempt.error = value(attempt.headers), value(attempt.error)
            attempt.request_id = value(attempt.request_id)
    return frame
