"""Calls and commits as JSON documents: the names of the Python face, and nothing that is only for the eye.

A value that is absent is a member left out; null is null.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import msgspec

from thence.errors import Erased
from thence.params import ABSENT, Candidate, Parameter, ResolvedConfig

if TYPE_CHECKING:
    from thence.prices import Cost
    from thence.store import Call, CommitInfo

__all__ = [
    "call_document",
    "call_documents",
    "commit_document",
    "flat_documents",
    "parameter_document",
    "parameter_rows",
    "parameters_document",
]

_CALL: Final = (
    "id",
    "tract",
    "status",
    "provider",
    "operation",
    "endpoint",
    "method",
    "url",
    "request_model",
    "response_model",
    "response_id",
    "finish_reasons",
    "error",
    "streamed",
    "truncated",
    "callsite",
    "label",
    "branch",
    "parent_id",
    "trace_id",
    "span_id",
    "duration",
    "time_to_first_chunk",
    "tags",
    "metadata",
    "sdk",
    "versions",
)
_COMMIT: Final = (
    "hash",
    "tract",
    "parent",
    "depth",
    "role",
    "content_type",
    "operation",
    "edit_target",
    "message",
    "metadata",
    "generation_config",
    "content",
)


def call_document(call: Call, *, whole: bool = False) -> dict[str, Any]:
    """A call; with the request and the answer where it is ``whole``."""
    document: dict[str, Any] = {"type": "call", **{name: getattr(call, name) for name in _CALL}}
    document["started_at"] = call.started_at.isoformat()
    document["attempts"] = [asdict(attempt) for attempt in call.attempts]
    document["generation_config"] = call.generation_config
    document["params"] = parameters_document(call.params)
    document["usage"] = msgspec.structs.asdict(call.usage)
    document["usage_verbatim"] = call.usage_verbatim
    document["cost"] = cost_document(call.cost)
    document["base"] = call.base and call.base.hash
    document |= _there(call, ("input_text", "output_text"))
    document["commit"] = call.commit and commit_document(call.commit)
    if whole:
        document |= _there(call, ("request", "response"))
        document["answers"] = [[commit_document(commit) for commit in choice] for choice in call.answers]
    return document


def call_documents(calls: Iterable[Call]) -> Iterator[dict[str, Any]]:
    """Each call, as by :func:`call_document`; what many need is read together."""
    from thence.store.columnar import read_ahead

    return map(call_document, read_ahead(calls))


def _there(of: Call | CommitInfo, names: Iterable[str]) -> dict[str, Any]:
    """The members of these names; those whose content was erased are left out."""
    found = {}
    for name in names:
        with suppress(Erased):
            found[name] = getattr(of, name)
    return found


def cost_document(cost: Cost | None) -> dict[str, Any] | None:
    """A cost in US dollars, and whose price it is."""
    if cost is None:
        return None
    sums = {name: float(getattr(cost, name)) for name in ("total", "input", "output")}
    return {**sums, "price": cost.price, "model": cost.model}


def commit_document(commit: CommitInfo) -> dict[str, Any]:
    """A commit, its content included."""
    document = {"type": "commit", **_there(commit, _COMMIT)}
    return {**document, "created_at": commit.created_at.isoformat()}


def flat_documents(calls: Iterable[Call]) -> Iterator[dict[str, Any]]:
    """Each call as one row: its fields, ``usage.*``, and ``param.NAME`` with ``source.NAME`` for each parameter."""
    from thence.store.columnar import as_dict, read_ahead

    return (_flat(call, as_dict(call)) for call in read_ahead(calls))


def _flat(call: Call, row: dict[str, Any]) -> dict[str, Any]:
    usage, params, sources = row.pop("usage"), row.pop("params"), row.pop("sources")
    row["started_at"] = call.started_at.isoformat()
    row["cost"] = None if (cost := call.cost) is None else float(cost.total)
    row |= {f"usage.{name}": count for name, count in usage.items()}
    for name in params:
        row[f"param.{name}"], row[f"source.{name}"] = params[name], sources[name]
    return row


def parameters_document(config: ResolvedConfig) -> dict[str, Any]:
    """Every parameter by name."""
    return {name: parameter_document(parameter) for name, parameter in config.items()}


def parameter_rows(config: ResolvedConfig) -> list[dict[str, Any]]:
    """Every parameter as a row; what is absent is None here, for a table has all its cells."""
    absent = dict.fromkeys(("value", "source", "origin", "shadowed", "asked", "sent", "used"))
    return [{"name": name, **absent, **parameter_document(parameter)} for name, parameter in config.items()]


def parameter_document(p: Parameter) -> dict[str, Any]:
    """One parameter."""
    document = {"value": p.value, "source": p.source.name, "origin": p.origin}
    document["shadowed"] = [_candidate(candidate) for candidate in p.shadowed]
    stories = {"asked": p.asked, "sent": p.sent, "used": p.used}
    document.update({word: told for word, told in stories.items() if told is not ABSENT})
    return {**document, "change": p.change, "state": p.state, "alias": p.alias}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {"source": candidate.source.name, "origin": candidate.origin, "value": candidate.value}
