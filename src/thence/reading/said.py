"""What an item of context says, as text that can be read: a message, a tool call, its result, a thought."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from thence.errors import Erased

if TYPE_CHECKING:
    from thence.store import CommitInfo

__all__ = ["said", "said_by"]

_WORDS: Final = ("text", "refusal")
_PRINTED: Final = ("stdout", "stderr", "logs")
_ACTS: Final = ("action", "operation", "queries", "code")
_INSIDE: Final = ("content", "parts", "output", "summary")
_DEEPEST: Final = 20


def said(content: Any) -> str:
    """The text of an item in any provider's shape; what is no text stands in brackets, ``[image_url]``."""
    return "\n".join(piece for piece in _pieces(content, 0) if piece)


def said_by(commit: CommitInfo) -> str:
    """The text of a commit's item; ``(erased)`` where it is gone for good, which ends no page about what is left."""
    try:
        return said(commit.content)
    except Erased:
        return "(erased)"


def _pieces(content: Any, depth: int) -> Iterator[str]:
    if content is None or depth > _DEEPEST:
        return
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            yield from _pieces(part, depth + 1)
    elif isinstance(content, Mapping):
        yield from _object(content, depth)
    else:
        yield json.dumps(content)


def _object(content: Mapping[str, Any], depth: int) -> Iterator[str]:
    words = [content[name] for name in _WORDS if isinstance(content.get(name), str)]
    words += [content[name] for name in _PRINTED if isinstance(content.get(name), str) and content[name]]
    acts = [content[name] for name in _ACTS if content.get(name)]
    inside = [content[name] for name in _INSIDE if content.get(name)]
    calls = content.get("tool_calls")
    if isinstance(content.get("thinking"), str) and content["thinking"]:
        yield f"(thinking) {content['thinking']}"
    elif content.get("type") == "reasoning" and inside:
        yield from (f"(thinking) {piece}" for piece in _pieces(inside, depth + 1))
    elif "name" in content and ("input" in content or "arguments" in content):
        yield _called(content["name"], content.get("input", content.get("arguments")))
        yield from _pieces(content.get("output"), depth + 1)
    elif acts and str(content.get("type")).endswith("_call"):
        yield _called(content["type"], acts[0])
        yield from _pieces(content.get("outputs"), depth + 1)
    elif isinstance(content.get("function"), Mapping):
        yield from _object(content["function"], depth)
    elif words or inside or isinstance(calls, list):
        yield from words
        yield from _pieces(inside, depth + 1)
        yield from _pieces(calls, depth + 1)
    elif "role" not in content or content.keys().isdisjoint(_INSIDE):  # an empty message says nothing
        yield f"[{content.get('type') or ', '.join(map(str, content))}]"


def _called(name: Any, arguments: Any) -> str:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"{name}({written})"
