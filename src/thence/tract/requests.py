"""A context, or a recorded call, as the body of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from thence.compile import TARGETS, CompiledRequest, request
from thence.compile.wire import SHAPES
from thence.errors import NotFound, ThenceError
from thence.providers.exact import dumps
from thence.store import Call, Store
from thence.tract.revisions import Revision

__all__ = ["call_in", "check_target", "recorded", "written"]

_ID = re.compile(r"[0-9a-f][0-9a-f-]{3,35}\Z")


def call_in(store: Store, tract: str, revision: Revision | None) -> Call | None:
    """The call that a revision names; None where it names something else.

    Raises:
        NotFound: it has no context: it was no conversation.
    """
    if isinstance(revision, str) and _ID.match(revision):
        revision = store.resolve(revision, tract)
    if not isinstance(revision, Call):
        return None
    if revision.base is None:
        raise NotFound(f"the call {revision.id} was asked in no context", hint="its body is call.request")
    return revision


def check_target(to: str) -> None:
    """Raise ThenceError where there is no such API."""
    if to not in TARGETS:
        raise ThenceError(f"there is no API {to!r} to compile to", hint=", ".join(TARGETS))


def recorded(call: Call, to: str) -> CompiledRequest | None:
    """The request of a call, as it was sent; None where it was sent to another API, or is not kept."""
    if call.shape != SHAPES[to] or not isinstance(call.request, dict) or call.request_body is None:
        return None
    return CompiledRequest(call.request, call.request_body, exact=True)


def written(to: str, messages: Sequence[dict[str, Any]], config: Mapping[str, Any]) -> CompiledRequest:
    """A request with these messages and parameters."""
    members = request(to, messages, config)
    return CompiledRequest(members, dumps(members).encode("utf-8", "surrogatepass"), exact=False)
