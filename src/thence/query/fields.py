"""The names that a query knows: fields of a call and functions of a parameter, as tables.

Grammar, checks, SQL and documentation read these tables. Every name that is not in :data:`FIELDS` is a parameter's:
providers invent parameters, so no list of those can be complete. ``params.`` before a name says that a parameter is
meant, for the rare one that is named as a field is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["ALIASES", "FIELDS", "FUNCTIONS", "Name", "Type", "suggestion"]

Type = Literal["json", "text", "name", "number", "seconds", "time", "texts", "hash"]


@dataclass(frozen=True, slots=True)
class Name:
    """What a name stands for: its type, its meaning, and where they are few, its values."""

    type: Type
    meaning: str
    choices: tuple[str, ...] = ()


FIELDS: Final = MappingProxyType(
    {
        "id": Name("hash", "the call's id"),
        "tract": Name("text", "the tract it is recorded in"),
        "branch": Name("text", "the branch it was made on"),
        "provider": Name("text", "who answered: `openai`, `anthropic`, `groq`, ..."),
        "operation": Name("text", "what was asked for: `chat`, `embeddings`, ..."),
        "endpoint": Name("text", "the path of the request"),
        "status": Name(
            "name",
            "how it ended",
            ("pending", "completed", "closed", "failed", "interrupted", "recorded", "erased"),
        ),
        "error": Name("text", "what went wrong"),
        "started_at": Name("time", "when it began"),
        "duration": Name("seconds", "from its begin to its end"),
        "time_to_first_chunk": Name("seconds", "from its begin to the answer's first piece"),
        "response_id": Name("text", "the provider's id of the answer"),
        "response_model": Name("text", "the model that answered, as the provider names it"),
        "finish_reason": Name("texts", "why each choice of the answer ended"),
        "usage.input_tokens": Name("number", "tokens read"),
        "usage.output_tokens": Name("number", "tokens written"),
        "usage.total_tokens": Name("number", "both"),
        "usage.cache_read_input_tokens": Name("number", "tokens read from a cache"),
        "usage.cache_creation_input_tokens": Name("number", "tokens written to a cache"),
        "usage.reasoning_output_tokens": Name("number", "tokens of reasoning"),
        "tag": Name("texts", "its session's tags"),
        "label": Name("text", "the function that made it, where one is recorded by name"),
        "callsite": Name("text", "the file, line and function that made it"),
        "trace_id": Name("text", "the trace that it was made in, 32 hex digits"),
        "span_id": Name("text", "the span that was active around it, 16 hex digits"),
        "base": Name("hash", "the commit of the context it was asked in"),
        "commit": Name("hash", "the commits of its answers"),
    }
)
"""Fields of a call."""

ALIASES: Final = MappingProxyType({"finish_reasons": "finish_reason", "tags": "tag", "commits": "commit"})
"""Other names of fields, as the Python objects have them."""

FUNCTIONS: Final = MappingProxyType(
    {
        "source": Name("name", "the layer that its value came from; less is more explicit"),
        "origin": Name("text", "where in that layer: `file:line`, a variable, a package"),
        "asked": Name("json", "the value that the winning layer asked for"),
        "sent": Name("json", "the value on the wire"),
        "used": Name("json", "the value that the provider says it used"),
        "change": Name(
            "name",
            "how these three differ",
            ("filled", "renamed", "rewritten", "dropped", "resolved"),
        ),
    }
)
"""Functions of a parameter."""


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """``did you mean `...`?`` where a known word is near, else None."""
    spelt = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelt, n=1, cutoff=0.6)
    return f"did you mean `{spelt[near[0]]}`?" if near else None
