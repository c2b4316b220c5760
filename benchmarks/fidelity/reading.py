"""What a tool's record says of one parameter: judged alike for all of them, and in their favour.

A record is all that the tool sent while a call was made. Every member of it, at any depth and within JSON texts too,
whose name is the parameter's or ends with it (``gen_ai.request.temperature``, ``ls_temperature``) counts as what the
tool recorded; schemas aside, which tools send to describe their own record. A null counts as nothing, unless a null was
sent, and so does the name of an SDK's mark for "not given". A source counts only where the value is there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fidelity.calls import Form

__all__ = ["ABSENT", "Reading", "judge", "shown"]


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


@dataclass(frozen=True)
class Reading:
    """What one tool made of one call.

    Attributes:
        verdict: ``right``: the value that was sent (or used), and no other. ``beside``: that value and another; it
            counts as right. ``wrong``: only others. ``missing``: none, though there was one; or no record at all.
            ``changed``: the call fails, or sends something else than it does without the tool. ``unfit``: the tool
            doesn't do that.
        sent: what stood on the wire, as the witness saw it.
        recorded: the values found, and where.
        source: the word for where the value came from, where the record names that; None where it doesn't, or where
            there is nothing to name.
        note: what failed.
    """

    verdict: str
    sent: Any = ABSENT
    recorded: tuple[tuple[str, Any], ...] = ()
    source: str | None = None
    note: str | None = None


def judge(form: Form, bodies: list[Any], told: dict[str, Any]) -> Reading:
    """Compare what the witness saw of a call with what the tool told."""
    sent = bodies[-1].get(form.parameter, ABSENT) if bodies else ABSENT
    if told["failed"] or not bodies:
        return Reading("changed", sent, note=(told["failed"] or "no request").strip().splitlines()[-1])
    if (sent is not ABSENT) != form.sent or not all(text in json.dumps(sent) for text in form.texts):
        return Reading("changed", sent, note="sends something else")
    documents = told["documents"]
    if form.texts:
        whole = json.dumps(documents)
        return Reading("right" if all(text in whole for text in form.texts) else "missing", sent)
    recorded = tuple(dict.fromkeys((path, _hashable(value)) for path, value in _found(documents, form.parameter)))
    wanted = sent if form.used is None else form.used
    verdict = _verdict(wanted, [value for _, value in recorded]) if documents else "missing"
    source = _source(form, documents, recorded) if verdict in ("right", "beside") else None
    return Reading(verdict, sent, recorded, source)


def _verdict(wanted: Any, values: list[Any]) -> str:
    others = [v for v in values if not (_nothing(v) or _same(v, wanted))]
    if wanted is ABSENT:
        return "wrong" if others else "right"
    if any(_same(v, wanted) for v in values):
        return "beside" if others else "right"
    return "wrong" if others else "missing"


def _nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and re.search("not_?given|omit", value, re.IGNORECASE) is not None)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, (int, float)):
        try:
            return float(value) == wanted
        except ValueError:
            return False
    return value is None if wanted is None else bool(value == wanted)


def _source(form: Form, documents: list[Any], recorded: tuple[tuple[str, Any], ...]) -> str | None:
    whole = json.dumps(documents) if form.used is None else " ".join(path for path, _ in recorded)
    return next((word for pattern, word in form.sources.items() if re.search(pattern, whole)), None)


def _found(value: Any, name: str, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            if key.endswith("json_schema"):
                continue
            if re.fullmatch(rf"(.*[._])?{re.escape(name)}", key):
                yield here, inner
            else:
                yield from _found(inner, name, here)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, name, path)


def _hashable(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def shown(value: Any) -> str:
    """A value for a table."""
    if value is ABSENT:
        return "none"
    text = json.dumps(value)
    return text if len(text) <= 24 else f"{text[:23]}…"
