"""A decorated function's run as the frames of one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec import json

from thence import faults, frames
from thence.seams.callsite_answer import CHAT, Said, said, said_in_pieces, simple
from thence.seams.callsite_values import Passing
from thence.seams.keys import learn_from_arguments
from thence.seams.recording import Recorder, describe, new_call_id
from thence.seams.writing import placed, write

__all__ = ["Outcome", "record"]

# Parameters of a function under which people pass what is asked; a setting is what is left.
_CONTENT = ("messages", "input", "prompt")
_INSTRUCTIONS = ("system", "instructions")


class _Site(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def origin(self) -> str | None: ...

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def extract(self) -> Callable[[Any], Any] | None: ...


@dataclass(frozen=True)
class Outcome:
    """How a run ended: what it returned, yielded or raised, and after how many nanoseconds."""

    status: str
    result: Any
    pieces: Sequence[Any]
    error: BaseException | None
    elapsed: int


def record(
    recorder: Recorder, site: _Site, passing: Passing, outcome: Outcome, *, at: int, origin: frames.Origin | None
) -> None:
    """Write the begin and the end frame of the call that the function was."""
    if recorder.redact is not None:
        for given in (site.values, passing.defaults, passing.passed):
            learn_from_arguments(given, recorder.redact.known)
    answer = _answer(site, outcome)
    route = CHAT if answer is None else answer.route
    body = _request({**site.values, **passing.defaults, **passing.passed}, route)
    begin = frames.Begin(
        call_id=new_call_id(at),
        at=at,
        seam="callsite",
        method="POST",
        url=route,
        body="options",
        asked=_asked(site, passing, body),
        callsite=origin,
        label=site.name,
        provider="unknown" if answer is None or answer.provider is None else answer.provider,
    )
    placed(begin, recorder)
    write(recorder, begin, json.encode(body))
    end = frames.End(
        call_id=begin.call_id,
        elapsed=outcome.elapsed,
        status=outcome.status,
        error=None if outcome.error is None else describe(outcome.error),
        parts=len(outcome.pieces),
        content_type=None if answer is None else answer.kind,
        size=0 if answer is None else len(answer.body),
    )
    write(recorder, end, b"" if answer is None else answer.body, begin=begin)


def _answer(site: _Site, outcome: Outcome) -> Said | None:
    if outcome.error is not None and not outcome.pieces:
        return None
    result = outcome.pieces or outcome.result
    if site.extract is not None:
        with faults.guard("extracting an answer"):
            return said(site.extract(list(result) if outcome.pieces else result))
    return said_in_pieces(outcome.pieces) if outcome.pieces else said(result)


def _request(values: Mapping[str, Any], route: str) -> dict[str, Any]:
    """The bound arguments as the request that the answer's shape goes with."""
    body = {name: simple(value) for name, value in values.items()}
    member = "input" if route.endswith(("/responses", "/embeddings")) else "messages"
    if route.endswith("/completions") and route != CHAT:
        member = "prompt"
    if member in body:
        return body
    name = next((name for name in _CONTENT if name in body), None)
    if name is None:
        return body
    given = body.pop(name)
    if member != "messages":
        return {member: given, **body}
    messages = given if isinstance(given, list) else [{"role": "user", "content": given}]
    if route == CHAT:
        told = [body.pop(each) for each in _INSTRUCTIONS if isinstance(body.get(each), str)]
        messages = [*({"role": "system", "content": text} for text in told), *messages]
    return {"messages": messages, **body}


def _asked(site: _Site, passing: Passing, body: Mapping[str, Any]) -> list[frames.Asked]:
    """The caller's arguments, the function's defaults, the decorator's values; the more explicit first."""
    passed = [name for name in passing.passed if name in body]
    defaults = {n: v for n, v in passing.defaults.items() if n in body}
    asked = [frames.Asked("CALL", passing.caller, same=passed)] if passed else []
    for layer, above in ((defaults, passing.passed), (site.values, {**passing.defaults, **passing.passed})):
        same = [name for name in layer if name in body and name not in above]
        shadowed = {name: simple(value) for name, value in layer.items() if name in above}
        if same or shadowed:
            asked.append(frames.Asked("DECORATOR", passing.site, values=shadowed, same=same))
    return asked
