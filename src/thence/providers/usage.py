"""Token counts of many vendors as one view. What a vendor does not say is None, never zero.

The verbatim object is always kept beside this view, and the numbers here are the vendor's own: nothing is added up.
That matters where vendors mean different things by one word. OpenAI's and Gemini's input counts include what was read
from a cache, Anthropic's and Bedrock's do not; Gemini's output count leaves the model's thoughts out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Usage", "usage_of"]


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one call, as the vendor counts them; None where it says nothing.

    Attributes:
        input_tokens: of what was asked. OpenAI's and Gemini's include what a cache had, Anthropic's do not.
        output_tokens: of the answer. Gemini's leave out what the model thought.
        total_tokens: both, where the vendor adds them up.
        cache_read_input_tokens, cache_creation_input_tokens: read from a cache of the provider's, or written into it.
        reasoning_output_tokens: what the model thought.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    reasoning_output_tokens: int | None = None


_PATHS: dict[str, tuple[str, ...]] = {
    "input_tokens": (
        "input_tokens",
        "prompt_tokens",
        "promptTokenCount",
        "prompt_token_count",
        "inputTokens",
        "inputTokenCount",
        "inputTextTokenCount",
        "prompt_eval_count",
        "tokens.input_tokens",
        "billed_units.input_tokens",
    ),
    "output_tokens": (
        "output_tokens",
        "completion_tokens",
        "candidatesTokenCount",
        "candidates_token_count",
        "outputTokens",
        "outputTokenCount",
        "eval_count",
        "tokens.output_tokens",
        "billed_units.output_tokens",
    ),
    "total_tokens": ("total_tokens", "totalTokenCount", "total_token_count", "totalTokens"),
    "cache_read_input_tokens": (
        "cache_read_input_tokens",
        "input_tokens_details.cached_tokens",
        "prompt_tokens_details.cached_tokens",
        "prompt_token_details.cached_tokens",
        "prompt_cache_hit_tokens",
        "cachedContentTokenCount",
        "cached_content_token_count",
        "cacheReadInputTokens",
        "cacheReadInputTokenCount",
        "cached_tokens",
        "num_cached_tokens",
    ),
    "cache_creation_input_tokens": (
        "cache_creation_input_tokens",
        "input_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_write_tokens",
        "prompt_tokens_details.cache_creation_input_tokens",
        "cacheWriteInputTokens",
        "cacheWriteInputTokenCount",
    ),
    "reasoning_output_tokens": (
        "output_tokens_details.reasoning_tokens",
        "output_tokens_details.thinking_tokens",
        "completion_tokens_details.reasoning_tokens",
        "completion_token_details.reasoning_tokens",
        "reasoning_tokens",
        "thoughtsTokenCount",
        "thoughts_token_count",
    ),
}
_STEPS = {name: tuple(tuple(path.split(".")) for path in paths) for name, paths in _PATHS.items()}
_NESTED = ("usage", "usage_metadata", "usageMetadata")


def usage_of(usage: Any) -> Usage:
    """The common view of a usage object (a dict, an SDK's model, anything with attributes), or of what holds one."""
    for name in _NESTED:
        inner = _member(usage, name)
        if inner is not None:
            return usage_of(inner)
    return Usage(*[_first(usage, paths) for paths in _STEPS.values()])


def _first(usage: Any, paths: tuple[tuple[str, ...], ...]) -> int | None:
    """The first count that is not zero, else a zero that is there: gateways write zeros under names of their own."""
    zero = None
    for path in paths:
        value = usage
        for name in path:
            value = value.get(name) if type(value) is dict else _member(value, name)
            if value is None:
                break
        else:
            count = _count(value)
            if count:
                return count
            zero = zero if count is None else count
    return zero


def _member(value: Any, name: str) -> Any:
    if value is None or isinstance(value, (str, int, float, list)):
        return None
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _count(value: Any) -> int | None:
    """A count, or None for what is none: flags, text, fractions, and the negative numbers that mean "unknown"."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**63 or value % 1:
        return None
    return int(value)
