"""What is known of parameters' names: other names for the same thing, and names that no layer may fill.

Thence takes any name that a provider takes; nothing here is a list of what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = [
    "ALIASES",
    "BESIDE_THE_BODY",
    "COMMON_NAMES",
    "PROTECTED",
    "family",
    "generates",
    "is_aliased",
    "is_protected",
    "spelled",
    "tail",
]

# Names under which providers know one and the same parameter. Two of a family are never sent because of a layer.
ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "max_tokens": ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_tokens_to_sample"),
    "stop": ("stop", "stop_sequences"),
}
COMMON_NAMES: Final = {"n": "choice_count"}
"""What the tables of providers call a parameter, where that is not the head of its family."""
_FAMILY: Final = {name: head for head, names in ALIASES.items() for name in names}

# Filling one of these would change the type or the subject of the answer under the caller's feet.
PROTECTED: Final = frozenset(
    {
        "background",
        "best_of",
        "betas",
        "compaction",
        "contents",
        "conversation",
        "extra_headers",
        "extra_query",
        "functions",
        "input",
        "instructions",
        "messages",
        "modalities",
        "n",
        "output_format",
        "previous_response_id",
        "prompt",
        "response_format",
        "stream",
        "stream_options",
        "suffix",
        "system",
        "thread",
        "timeout",
        "tools",
    }
)
BESIDE_THE_BODY: Final = frozenset({"extra_headers", "extra_query"})
"""Parameters of a call that stand in its headers and its URL."""

_HOLDS_FORMAT: Final = frozenset({"text", "output_config"})

# How an endpoint spells a family, where it takes one spelling only. Keys are the ends of paths.
_SPELLINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "responses": {"max_tokens": "max_output_tokens"},
    "messages": {"max_tokens": "max_tokens", "stop": "stop_sequences"},
    "completions": {"max_tokens": "max_tokens", "stop": "stop"},
    "chat/completions": {"stop": "stop"},
}

_VERSION: Final = re.compile(r"^v\d+[a-z0-9]*/")


def family(name: str) -> str:
    """The family of a name; a name without aliases is its own."""
    return _FAMILY.get(name, name)


def is_aliased(name: str) -> bool:
    """Whether the parameter is known under other names too."""
    return name in _FAMILY


def is_protected(name: str, value: Any = None) -> bool:
    """Whether filling ``name`` would change the answer's type or subject. ``text`` and ``output_config`` do so only
    with a ``format`` in them.
    """
    return name in PROTECTED or (name in _HOLDS_FORMAT and isinstance(value, Mapping) and "format" in value)


def tail(endpoint: str) -> str:
    """The part of a path that says what the endpoint does: without leading slash, version and query."""
    return _VERSION.sub("", endpoint.partition("?")[0].strip("/"))


def generates(endpoint: str) -> bool:
    """Whether an endpoint generates text, so that a layer that names no endpoint may fill its parameters."""
    return _spellings(endpoint) is not None


def spelled(name: str, endpoint: str) -> str:
    """The name under which ``endpoint`` takes ``name``."""
    return (_spellings(endpoint) or {}).get(family(name), name) if name in _FAMILY else name


def _spellings(endpoint: str) -> Mapping[str, str] | None:
    """The row of an endpoint; the longer end wins, so that ``chat/completions`` is not taken for ``completions``."""
    parts = tail(endpoint).split("/")
    if "threads" in parts:
        return None  # a message that is put into a thread is answered by a run of it
    return _SPELLINGS.get("/".join(parts[-2:])) or _SPELLINGS.get(parts[-1])
