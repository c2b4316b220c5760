"""The provider that torture is done against: a process of its own on loopback, which behaves as the model's name says.

``plain`` answers, ``slow`` after a while, ``flaky`` refuses the first attempt of a call (429, 529, 500 or no answer, by
chance), ``busy``, ``overloaded`` and ``broken`` refuse every one (429, 529, 500), ``html`` is a proxy's page with
status 200, ``cut`` breaks a stream or a body off in the middle, ``stall`` falls silent in the middle of it.

The id of an answer carries the text that it answers, so that a record can be told from another by a column.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

from thence.testing import Answer, Provider, Seen
from thence.testing.canned import canned

__all__ = ["MODELS", "provider", "script", "token_of"]

_chance = random.Random()  # which refusal a flaky call meets is no part of what a seed repeats
_AGAIN = {"retry-after-ms": "1"}
_STALL = 0.6  # seconds


def token_of(response_id: str) -> str:
    """The text that an answer with this id answered."""
    return response_id.partition("~")[2]


def _whole(seen: Seen, request: dict[str, Any]) -> Answer:
    token = _last_text(request)
    status, body, events = canned(seen.method, seen.path, request, 0)
    if events is None:
        return Answer({**body, "id": f"{body.get('id')}~{token}"}, status=status)
    named = json.loads(json.dumps(events).replace('"chatcmpl-0"', json.dumps(f"chatcmpl-0~{token}")))
    named = json.loads(json.dumps(named).replace('"msg_0"', json.dumps(f"msg_0~{token}")))
    openai = "/messages" not in seen.path
    return Answer.sse(named if openai else [tuple(each) for each in named], done=openai)


def _last_text(request: dict[str, Any]) -> str:
    said = request["messages"][-1]["content"]
    return said if isinstance(said, str) else next(part["text"] for part in said if part["type"] == "text")


def _refused(status: int) -> Callable[[Answer, Seen], Answer]:
    def refuse(_answer: Answer, _seen: Seen) -> Answer:
        return Answer({"error": {"type": "error", "message": "not now"}}, status=status, headers=_AGAIN)

    return refuse


def _flaky(answer: Answer, seen: Seen) -> Answer:
    if seen.headers.get("x-stainless-retry-count", "0") != "0":
        return answer
    status = _chance.choice([429, 500, 529, 0])
    return _refused(status)(answer, seen) if status else Answer(b"", headers={"content-length": "9"}, cut_after=0)


def _slow(answer: Answer, _seen: Seen) -> Answer:
    return Answer(answer.body, headers=answer.headers, delay=_chance.uniform(0.01, 0.08))


def _html(_answer: Answer, _seen: Seen) -> Answer:
    return Answer("<html><body>Please log in</body></html>", headers={"content-type": "text/html"})


def _cut(answer: Answer, _seen: Seen) -> Answer:
    size = len(answer.body) if isinstance(answer.body, list) else len(json.dumps(answer.body))
    return Answer(answer.body, headers=answer.headers, cut_after=_chance.randrange(size))


def _stall(answer: Answer, _seen: Seen) -> Answer:
    """Half of the pieces, one after a long while; a whole body comes late."""
    pieces = answer.body
    if isinstance(pieces, list):
        return Answer(pieces, headers=answer.headers, delay=_STALL / 3)
    return Answer(pieces, headers=answer.headers, delay=_STALL)


MODELS: Mapping[str, Callable[[Answer, Seen], Answer]] = {
    "plain": lambda answer, _seen: answer,
    "slow": _slow,
    "flaky": _flaky,
    "busy": _refused(429),
    "overloaded": _refused(529),
    "broken": _refused(500),
    "html": _html,
    "cut": _cut,
    "stall": _stall,
}
"""What the provider makes of an answer, by the model that is asked for."""


def script(seen: Seen) -> Answer | None:
    """What is answered to a request: for :class:`thence.testing.Provider`."""
    try:
        request = json.loads(seen.body)
        return MODELS[request["model"]](_whole(seen, request), seen)
    except (ValueError, KeyError, TypeError, LookupError):
        return None


def _serve(said: Connection) -> None:
    sys.setswitchinterval(0.001)
    with Provider(script) as running:
        running.seen = _Forgetful()
        said.send(running.url)
        said.poll(None)  # until whoever started this is gone


class _Forgetful(list[Seen]):
    """A list that keeps no more than the newest requests: torture makes a million."""

    def append(self, seen: Seen) -> None:
        super().append(seen)
        if len(self) > 64:
            del self[:32]


@contextmanager
def provider(context: BaseContext) -> Iterator[str]:
    """The URL of a provider in a process of its own."""
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)  # type: ignore[attr-defined]
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join(5)
        process.kill()
