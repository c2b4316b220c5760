"""What a commit compiles to: the messages as they would be sent, neutral or in the words of an API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from thence.compile import TARGETS
from thence.errors import ConfigError
from thence.providers.said import said
from thence.tract import Tract

if TYPE_CHECKING:
    from thence.web.page import Asked

__all__ = ["document"]

_MOST: Final = 500  # messages that are shown
_LONGEST: Final = 20_000  # characters of one


def document(asked: Asked) -> dict[str, Any]:
    """The context of ``rev``, HEAD unless it is given; with ``to`` as a request to that API, with ``aggregate``
    neighbours of one role together.
    """
    rev, to = asked.text("rev", "HEAD") or "HEAD", asked.text("to")
    aggregate = bool(asked.text("aggregate"))
    if to and to not in TARGETS:
        raise ConfigError(f"there is no API {to[:40]!r} here", hint=f"one of {', '.join(TARGETS)}")
    found = asked.record.store.resolve(rev, asked.record.tract)
    tract = Tract(asked.record.store, asked.record.tract)
    context = tract.compile(rev, aggregate=aggregate)
    shown: dict[str, Any] = {
        "rev": rev,
        "to": to,
        "aggregate": aggregate,
        "targets": list(TARGETS),
        "commit": context.commit,
        "commit_count": context.commit_count,
        "token_count": context.token_count,
        "token_source": context.token_source,
        "of_call": getattr(found, "id", None),
        "messages": [_message(each) for each in context.messages[-_MOST:]],
        "earlier": max(len(context.messages) - _MOST, 0),
        "request": None,
        "exact": False,
    }
    if to:
        request = tract.compile(rev, to=to, aggregate=aggregate)  # type: ignore[call-overload]
        shown |= {"request": dict(request), "exact": request.exact}
    return shown


def _message(message: dict[str, Any]) -> dict[str, Any]:
    text = said(message)
    role = str(message.get("role") or message.get("type") or "-")
    return {"role": role, "text": text[:_LONGEST], "more": max(len(text) - _LONGEST, 0)}
