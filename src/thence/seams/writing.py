"""What the seams without a wire of their own share: a call's place in its scope, and the way of a frame."""

from __future__ import annotations

from thence import frames, scope
from thence.params import Layer
from thence.seams.recording import Recorder, around
from thence.seams.tracing import trace
from thence.seams.written import written

__all__ = ["placed", "write"]


def placed(begin: frames.Begin, recorder: Recorder) -> tuple[Layer, ...]:
    """Put ``begin`` where the scope, else the recorder, says that it belongs; the scope's layers are returned."""
    begin.capture, begin.parent = recorder.capture, around()
    trace(begin)
    scope.newest.set((recorder.store, begin.call_id))
    begin.tract, begin.branch = recorder.tract, recorder.branch
    now = scope.current()
    if now is None:
        return ()
    begin.tract, begin.branch = now.tract or begin.tract, now.branch or begin.branch
    begin.label = now.label or begin.label
    begin.tags = [*now.tags, *begin.tags]
    begin.metadata = {**begin.metadata, **now.metadata}
    return now.layers


def write(
    recorder: Recorder,
    frame: frames.Begin | frames.End,
    payload: bytes,
    *,
    begin: frames.Begin | None = None,
    soon: bool = False,
) -> None:
    """Append a frame; an end wakes the ingest.

    Args:
        recorder: what the call is recorded with.
        frame: the frame; it stays as it is.
        payload: the request's or the answer's body.
        begin: the begin frame of an end, so that where text is withheld the answer's shape is known.
        soon: for finalisers, which must not wait for a lock.
    """
    header, payload = written(recorder, frame, payload, begin=begin)
    journal = recorder.journal()
    (journal.append_soon if soon else journal.append)(header, payload)
    if isinstance(frame, frames.End):
        recorder.wake()
