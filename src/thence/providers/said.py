"""What an item of context says, as text that can be read, in any provider's shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final

__all__ = ["said", "words"]

_WORDS: Final = ("text", "refusal")
_PRINTED: Final = ("stdout", "stderr", "logs")
_ACTS: Final = ("action", "operation", "queries", "code")
_INSIDE: Final = ("content", "parts", "output", "summary")
_DEEPEST: Final = 20


class _Kind(Enum):
    """What a piece of text is."""

    WORDS = auto()
    THOUGHT = auto()
    OTHER = auto()
    """A tool's call, what it printed, or the name of what is no text."""


_Piece = tuple[_Kind, str]


def said(content: Any) -> str:
    """All of an item: words, a tool's call as ``name(arguments)``, a thought after ``(thinking)``; what is no text
    stands in brackets, ``[image_url]``.
    """
    pieces = _pieces(content, 0)
    return "\n".join(f"(thinking) {text}" if kind is _Kind.THOUGHT else text for kind, text in pieces if text)


def words(content: Any) -> str:
    """The words of an item alone, as a program gives them to its user."""
    return "\n".join(text for kind, text in _pieces(content, 0) if text and kind is _Kind.WORDS)


def _pieces(content: Any, depth: int) -> Iterator[_Piece]:
    if content is None or depth > _DEEPEST:
        return
    if isinstance(content, str):
        yield _Kind.WORDS, content
    elif isinstance(content, list):
        for part in content:
            yield from _pieces(part, depth + 1)
    elif isinstance(content, Mapping):
        yield from _object(content, depth)
    else:
        yield _Kind.WORDS, json.dumps(content)


def _object(content: Mapping[str, Any], depth: int) -> Iterator[_Piece]:
    texts = [content[name] for name in _WORDS if isinstance(content.get(name), str)]
    printed = [content[name] for name in _PRINTED if isinstance(content.get(name), str) and content[name]]
    acts = [content[name] for name in _ACTS if content.get(name)]
    inside = [content[name] for name in _INSIDE if content.get(name)]
    calls = content.get("tool_calls")
    if isinstance(content.get("thinking"), str) and content["thinking"]:
        yield _Kind.THOUGHT, content["thinking"]
    elif content.get("type") == "reasoning" and inside:
        yield from _all(_Kind.THOUGHT, inside, depth)
    elif "name" in content and ("input" in content or "arguments" in content):
        yield _called(content["name"], content.get("input", content.get("arguments")))
        yield from _all(_Kind.OTHER, content.get("output"), depth)
    elif acts and str(content.get("type")).endswith("_call"):
        yield _called(content["type"], acts[0])
        yield from _all(_Kind.OTHER, content.get("outputs"), depth)
    elif isinstance(content.get("function"), Mapping):
        yield from _object(content["function"], depth)
    elif inside and str(content.get("type")).endswith("_result"):
        yield from _all(_Kind.OTHER, [*texts, *printed, *inside], depth)
    elif texts or printed or inside or isinstance(calls, list):
        kind = _Kind.THOUGHT if content.get("thought") is True else _Kind.WORDS
        yield from ((kind, text) for text in texts)
        yield from ((_Kind.OTHER, text) for text in printed)
        yield from _pieces(inside, depth + 1)
        yield from _pieces(calls, depth + 1)
    elif "role" not in content or content.keys().isdisjoint(_INSIDE):  # an empty message says nothing
        yield _Kind.OTHER, f"[{content.get('type') or ', '.join(map(str, content))}]"


def _all(kind: _Kind, content: Any, depth: int) -> Iterator[_Piece]:
    """The pieces of something that is of one kind, whatever it holds."""
    return ((kind, text) for _, text in _pieces(content, depth + 1))


def _called(name: Any, arguments: Any) -> _Piece:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return _Kind.OTHER, f"{name}({written})"
