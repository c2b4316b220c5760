"""What became of one question asked again and again: each call's settings beside its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from thence.errors import NotFound
from thence.params import ABSENT, ResolvedConfig
from thence.params.display import shown
from thence.providers.said import said
from thence.reading.said import said_by
from thence.store.call import REPLAY
from thence.store.together import Glimpse, glimpses, with_params

if TYPE_CHECKING:
    from thence.reading.record import Record
    from thence.store import Call

__all__ = ["OUTCOMES", "asked_again", "newest_sweep"]

OUTCOMES: Final = {
    "output_tokens": "tokens written",
    "input_tokens": "tokens read",
    "duration": "seconds",
    "cost": "dollars",
    "length": "characters of the answer",
    "answers": "different answers to the same settings",
}
"""What a setting may have made: name -> what it is, with its unit."""

_READ: Final = 1 << 20  # bytes of an answer whose characters are counted
_GLANCE: Final = 160
_LOOKED_AT: Final = 500  # calls among which a question that was asked twice is looked for


def newest_sweep(record: Record) -> str | None:
    """The newest call that is a replay or a sweep's; else the newest answer to a question that was asked before."""
    calls = record.store.calls(record.tract).where("base exists")
    for call in calls.where(f'tag ~ "{REPLAY}*"').newest_first(1):
        return call.id
    newest = [call for call in calls.newest_first(_LOOKED_AT) if call._row["commit_hash"]]
    times = Counter(call._row["base"] for call in newest)
    return next((call.id for call in newest if times[call._row["base"]] > 1), None)


def asked_again(record: Record, call: Call, most: int) -> dict[str, Any]:
    """The newest calls that were asked in the same context as ``call``.

    Returns:
        ``base``: the hash of the context; ``question``: its last words; ``names``: parameters that are not the same in
        all; ``calls``: for each call ``id``, ``status``, ``values`` by name (those it has), ``answer``: the answer's
        number among those that differ (None: there is none), ``words`` of it, ``outcome``: by :data:`OUTCOMES`.

    Raises:
        NotFound: it was asked in no context.
    """
    if call.base is None:
        raise NotFound(f"the call {call.id} has no context: no other can be asked the same", hint="a chat has one")
    same = record.store.calls(record.tract).where(base=call.base.hash)
    calls = list(with_params(record.store, call.tract, list(same.newest_first(most))))
    held = [_values(each.params) for each in calls]
    names = [name for name in sorted({name for values in held for name in values}) if _varies(name, held)]
    ends = {each._row["commit_hash"] for each in calls} - {None}
    seen = glimpses(record.store, call.tract, {*ends, call.base.hash}, _READ)
    numbers = _numbered(calls)
    kinds: dict[str, set[str]] = {}
    for each, values in zip(calls, held, strict=True):
        if each._row["commit_hash"]:
            kinds.setdefault(_key(values, names), set()).add(each._row["commit_hash"])
    return {
        "base": call.base.hash,
        "question": said_by(call.base)[:_GLANCE],
        "names": names,
        "calls": [
            _told(each, {name: values[name] for name in names if name in values}, seen, numbers)
            | {"outcome": _outcome(each, seen, len(kinds.get(_key(values, names), ())))}
            for each, values in zip(calls, held, strict=True)
        ],
    }


def _numbered(calls: Sequence[Call]) -> dict[str, int]:
    """Answers that differ, in the order in which they first came, from 1 on."""
    answers = [call._row["commit_hash"] for call in calls[::-1]]
    return {name: number for number, name in enumerate(dict.fromkeys(filter(None, answers)), 1)}


def _values(config: ResolvedConfig) -> dict[str, Any]:
    """Values on the wire, as far as they are one thing: a number, a text, a switch."""
    found = {}
    for name, parameter in config.items():
        value = parameter.sent
        if value is not ABSENT and (value is None or isinstance(value, (bool, int, float, str))):
            found[name] = value
    return found


def _varies(name: str, held: Sequence[dict[str, Any]]) -> bool:
    return len({shown(values[name], 1_000) if name in values else "" for values in held}) > 1


def _key(values: dict[str, Any], names: Sequence[str]) -> str:
    return repr([shown(values[name], 1_000) if name in values else None for name in names])


def _told(call: Call, values: dict[str, Any], seen: dict[str, Glimpse], numbers: dict[str, int]) -> dict[str, Any]:
    answer = call._row["commit_hash"]
    glimpse = seen.get(answer) if answer else None
    words = said(glimpse.content)[:_GLANCE] if glimpse and glimpse.content is not None else call.error
    return {
        "id": call.id,
        "status": call.status,
        "started_at": call.started_at.isoformat(),
        "model": call.request_model,
        "values": values,
        "answer": numbers.get(answer) if answer else None,
        "words": words,
    }


def _outcome(call: Call, seen: dict[str, Glimpse], answers: int) -> dict[str, Any]:
    answer = call._row["commit_hash"]
    glimpse = seen.get(answer) if answer else None
    cost = call.cost
    return {
        "output_tokens": call.usage.output_tokens,
        "input_tokens": call.usage.input_tokens,
        "duration": call.duration,
        "cost": None if cost is None else float(cost.total),
        "length": len(said(glimpse.content)) if glimpse and glimpse.content is not None else None,
        "answers": answers or None,
    }
