"""One call, whole: its parameters and where they came from, the context, the answer, and what went over the wire.

Of a commit that no call gave: what was said, after what, and the calls that were asked in it.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from thence.params import ABSENT, Parameter, ParameterSource, ResolvedConfig
from thence.params.exact import same
from thence.reading.document import call_document, commit_document, parameter_document
from thence.reading.facts import call_id, does
from thence.reading.record import is_call
from thence.store.naming import tract_id_of
from thence.store.together import before_on_branch, glimpses
from thence.web.items import item, items

if TYPE_CHECKING:
    from thence.store import Call, CommitInfo
    from thence.web.page import Asked

__all__ = ["document"]

CONTEXT: Final = 12  # messages of context that are shown at first
MOST: Final = 1_000  # and at most
_WHOLE: Final = 1 << 26  # bytes of what a page is about that are read: more than a request may have
_LONGEST: Final = 1_000_000  # and characters that are shown
_OTHERS: Final = 20  # calls that are named beside it


def document(asked: Asked) -> dict[str, Any]:
    """The call or commit that ``rev`` names, HEAD unless it is given. ``context=all`` shows more of the context,
    ``show=raw`` the request and the answer as they went over the wire.
    """
    rev = asked.text("rev", "HEAD") or "HEAD"
    limit = MOST if asked.text("context") == "all" else CONTEXT
    shown = {"rev": rev, "show": asked.text("show")}
    found = asked.record.find(rev)
    if not is_call(found):
        return shown | _commit(asked, found, limit)
    raw = {"request": found.request, "response": found.response} if shown["show"] == "raw" else {}
    return shown | _call(asked, found, limit) | raw


def _call(asked: Asked, call: Call, limit: int) -> dict[str, Any]:
    before = before_on_branch(asked.record.store, call.tract, [call]).get(call.id)
    also = [each for each in _with_same_answer(asked, call) if each.id != call.id]
    params = call.params
    return {
        "call": call_document(call),
        "commit": None,
        "name": call_id(call),
        "does": does(call),
        "refs": asked.record.names_of(call.commit),
        "parameters": [_parameter(each) for each in _ours(params)],
        "theirs": [_parameter(each) for each in params.values() if each.source >= ParameterSource.PROVIDER],
        "before": before.id if before else None,
        "also": [_brief(each) for each in also],
        "context": items(asked.record, call.base, limit),
        "answers": [[item(each, _LONGEST) for each in _read(asked, choice)] for choice in call.answers],
        "request": None,
        "response": None,
    }


def _with_same_answer(asked: Asked, call: Call) -> list[Call]:
    return list(islice(asked.record.store.calls_of(call.commit), _OTHERS)) if call.commit else []


def _read(asked: Asked, commits: list[CommitInfo]) -> list[Any]:
    names = [each.hash for each in commits]
    found = glimpses(asked.record.store, commits[0].tract, names, _WHOLE) if commits else {}
    return [found[each.hash] for each in commits]


def _commit(asked: Asked, commit: CommitInfo, limit: int) -> dict[str, Any]:
    tract = tract_id_of(asked.record.tract)
    calls = asked.record.store.calls(asked.record.tract).where(base=commit.hash)
    said = glimpses(asked.record.store, tract, [commit.hash], _WHOLE)[commit.hash]
    parent = asked.record.commit(commit.parent) if commit.parent else None
    return {
        "call": None,
        "commit": {name: told for name, told in commit_document(commit).items() if name != "content"},
        "name": commit.short,
        "refs": asked.record.names_of(commit),
        "said": item(said, _LONGEST),
        "context": items(asked.record, parent, limit),
        "also": [_brief(each) for each in calls.newest_first(_OTHERS)],
    }


def _brief(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "name": call_id(call),
        "started_at": call.started_at.isoformat(),
        "request_model": call.request_model,
        "response_model": call.response_model,
        "status": call.status,
    }


def _ours(params: ResolvedConfig) -> list[Parameter]:
    """What somebody on this side gave, the most explicit source first."""
    given = [each for each in params.values() if each.source < ParameterSource.PROVIDER]
    return sorted(given, key=lambda each: (each.source, each.name))


def _parameter(parameter: Parameter) -> dict[str, Any]:
    """As everywhere in JSON, with whether the provider says that it used just this."""
    told = parameter_document(parameter)
    confirmed = parameter.used is not ABSENT and parameter.change != "resolved"
    rewritten = parameter.asked is not ABSENT and not same(parameter.asked, parameter.value)
    return {"name": parameter.name, **told, "confirmed": confirmed, "rewritten": rewritten}
