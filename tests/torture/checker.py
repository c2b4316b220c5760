"""The history checker: what callers were told against what the store holds.

    lost        a caller was told how its call ended, and the store has no record of it that says the same
    phantom     a record that no caller asked for
    duplicate   two records of one call
    order       records of one thread in another order than that in which it made the calls
    difference  a record that says something else than its caller was told: status, request or answer
    parents     a record whose ancestors are not the conversation that was sent
    pending     a call that is still said to be in flight when all who could end it are gone
    damage      what ``fsck`` finds
    losses      records that a journal says it could not keep, where none should be

It knows nothing of how the round was broken; what a fault allows is taken away from its findings by the fault.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.torture.provider import token_of
from tests.torture.told import Told, Turn

from thence.ingest import open_store
from thence.store import Call, CommitInfo, Store
from thence.upkeep import fsck

__all__ = ["KINDS", "Broken", "History", "check", "compare", "token_in"]

KINDS = ("lost", "phantom", "duplicate", "order", "difference", "parents", "pending", "damage", "losses")
_LEGAL = {
    "completed": {"completed"},
    "closed": {"closed", "completed"},  # the last piece may have come before the caller left
    "dropped": {"closed", "completed"},
    "dropped last": {"closed", "completed", "interrupted"},  # docs/reference/delivery.md, "What is not promised"
    "failed": {"failed"},
    "interrupted": {"interrupted"},
}
_MOST = 250  # calls of a round that are read whole; of more, so many by chance


@dataclass(frozen=True)
class Broken:
    """One thing that does not hold."""

    kind: str
    said: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.said}"


@dataclass
class History:
    """What a check found, and how much it looked at."""

    told: int = 0
    kept: int = 0
    broken: list[Broken] = field(default_factory=list)

    def add(self, kind: str, said: str) -> None:
        """Note what does not hold."""
        self.broken.append(Broken(kind, said))


def check(location: str, told: Told, *, ordered: bool = True, seed: int = 0) -> History:
    """Take in what the journals hold, and compare. Every writer must be gone.

    Args:
        location: the store.
        told: what the callers were told.
        ordered: whether the clock stood still enough to ask for the order.
        seed: which calls are read whole, where there are many.
    """
    with open_store(location) as store:
        while not store.flush(60).complete:
            pass
        history = compare(store, told, ordered=ordered, seed=seed)
        for finding in fsck(store):
            if finding.level == "damage":
                history.add("damage", str(finding))
        for segment in store.status()["segments"]:
            for kind in ("lost", "missing", "corrupt"):
                if segment[kind]:
                    history.add("losses", f"{segment[kind]} {kind} in {segment['segment']}")
    return history


def compare(store: Store, told: Told, *, ordered: bool = True, seed: int = 0) -> History:
    """What a store holds against what was told."""
    calls = [(token_in(call), call) for call in store.calls()]
    history = History(len(told.acknowledged), len(calls))
    _accounted_for(history, told, calls)
    if ordered:
        _in_order(history, told, [token for token, _ in calls])
    known = [(told.turns[token], call) for token, call in calls if token in told.turns]
    if len(known) > _MOST:
        known = random.Random(seed).sample(known, _MOST)
    last = _last_of_each_series(told, {token for token, _ in calls})
    for turn, call in known:
        for broken in [*_differences(turn, call, last=turn.token in last), *_parents(store, turn, call)]:
            history.broken.append(broken)
    return history


def token_in(call: Call) -> str:
    """The text that a call asked, which only it has asked."""
    if call.response_id and "~" in call.response_id:
        return token_of(call.response_id)
    if call.shape == "unknown":  # its begin is lost, and with it how to read its answer
        named = re.search(r"~([\w.]+)\"", json.dumps(call.response))
        return named[1] if named else f"? {call.id}"
    try:
        said = call.request["messages"][-1]["content"]
        return said if isinstance(said, str) else next(part["text"] for part in said if part["type"] == "text")
    except (TypeError, LookupError, StopIteration):
        return f"? {call.id}"


def _accounted_for(history: History, told: Told, calls: Sequence[tuple[str, Call]]) -> None:
    found = Counter(token for token, _ in calls)
    for turn in told.acknowledged:
        if turn.token not in found:
            history.add("lost", f"{turn.token}, which was {turn.outcome}")
    for token, count in found.items():
        if token not in told.turns:
            history.add("phantom", token)
        elif count > 1:
            history.add("duplicate", f"{token}: {count} records")
    for token, call in calls:
        if call.status == "pending":
            history.add("pending", token)


def _in_order(history: History, told: Told, tokens: Iterable[str]) -> None:
    """Records are sorted by their ids, and ids by time."""
    place = {token: number for number, token in enumerate(tokens)}
    for name, turns in told.series().items():
        places = [place[turn.token] for turn in turns if turn.token in place]
        if places != sorted(places):
            history.add("order", name)


def _last_of_each_series(told: Told, recorded: set[str]) -> set[str]:
    """The call of each thread after which its process has nothing more in the store."""
    return {turn.token for turns in told.series().values() for turn in [t for t in turns if t.token in recorded][-1:]}


def _differences(turn: Turn, call: Call, *, last: bool) -> Iterator[Broken]:
    outcome = "dropped last" if turn.outcome == "dropped" and last else turn.outcome
    if outcome is not None and call.status not in _LEGAL[outcome]:
        yield Broken("difference", f"{turn.token} was {turn.outcome}, and is recorded as {call.status}")
    if call.status != "pending":
        sent = [_text(message) for message in (call.request or {}).get("messages", [])]
        if sent != [*_conversation(turn), turn.token]:
            yield Broken("difference", f"{turn.token}: the request is not the one that was sent")
    if turn.outcome == "completed" and turn.text is not None and _answer(call.response) != turn.text:
        yield Broken(
            "difference", f"{turn.token}: the answer is not the one that was given: {_answer(call.response)!r}"
        )


def _parents(store: Store, turn: Turn, call: Call) -> Iterator[Broken]:
    """An answer's ancestors are the conversation, message by message."""
    wanted = [*_conversation(turn), turn.token]
    tip: CommitInfo | None = call.base
    if turn.outcome == "completed" and turn.text == f"You said: {turn.token}":
        tip = call.commit
        wanted.append(turn.text)
    if tip is None:
        if call.attempts and call.status != "pending":
            yield Broken("parents", f"{turn.token} has no context: {call!r} {call.url} {call.attempts} {call.error}")
        return
    said = [_text(commit.content) for commit in reversed(store.walk(tip))]
    if said != wanted:
        yield Broken("parents", f"{turn.token}: {said} instead of {wanted}")


def _conversation(turn: Turn) -> list[str]:
    """The messages before a call's own."""
    return [said for token in turn.history for said in (token, f"You said: {token}")]


def _text(message: Any) -> str:
    said = message.get("content") if isinstance(message, dict) else message
    if isinstance(said, list):
        return "".join(str(part.get("text", "")) for part in said)
    return str(said)


def _answer(response: Any) -> str | None:
    """The text of an answer in the shapes that the provider speaks."""
    if not isinstance(response, dict):
        return None if response is None else str(response)
    if "choices" in response:
        return str(response["choices"][0]["message"]["content"])
    return "".join(part.get("text", "") for part in response.get("content", []))
