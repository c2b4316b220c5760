"""Recorded usage as the quantities that are paid for.

Vendors count differently. OpenAI's and Gemini's input counts include what a cache held, Anthropic's and Bedrock's stand
beside it. Gemini's output count leaves the thoughts out, and its input count what tools brought in. Here they are one:
``input`` is everything that the model read, ``output`` everything that it wrote.

Every rule is linear in the counts, so what is billed for a sum of calls is the sum of what is billed for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple, Union

from thence.providers.endpoint import dig

__all__ = [
    "APART",
    "COUNTS",
    "EXTRA",
    "FREE",
    "LISTED",
    "WRITES",
    "Billed",
    "Count",
    "Counts",
    "billed",
    "counts_of",
]

Count = Union[int, Decimal]
Counts = Mapping[str, "Count | None"]

COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "reasoning_output_tokens",
)
"""The members of the common usage that are paid for."""

EXTRA: Final[Mapping[str, tuple[str, ...]]] = {
    "cache_write_1h": ("cache_creation.ephemeral_1h_input_tokens",),
    "input_audio": ("prompt_tokens_details.audio_tokens", "input_token_details.audio_tokens"),
    "output_audio": ("completion_tokens_details.audio_tokens",),
    "input_image": ("input_tokens_details.image_tokens",),
    "output_image": ("output_tokens_details.image_tokens",),
    "tool_input": ("toolUsePromptTokenCount",),
    "web_searches": ("server_tool_use.web_search_requests",),
}
"""What only the verbatim usage says -> where."""

LISTED: Final[Mapping[str, tuple[str, ...]]] = {
    "promptTokensDetails": ("AUDIO", "VIDEO"),
    "candidatesTokensDetails": ("AUDIO", "VIDEO", "IMAGE"),
    "iterations": ("compaction", "advisor_message"),
    "cacheDetails": ("1h",),
}
"""Lists by modality (Gemini's), type (Anthropic's) or lifetime (Bedrock's) -> what in them has prices of its own, or is
in no other count. A call with any is not priced.
"""

_MEMBERS: Final = ("modality", "type", "ttl")  # by which they are listed

WRITES: Final = frozenset({"chat", "text_completion", "generate_content", "invoke_agent", "compact"})
"""Operations whose answers are paid for: without a count of its output, such a call's cost is not known."""

FREE: Final = frozenset({"count_tokens"})
"""Operations that count tokens and use none."""

APART: Final = frozenset({"messages", "converse", "invoke"})
"""Shapes whose input count leaves out what was read from a cache or written into one."""


class Billed(NamedTuple):
    """What is paid for; ``cache_read`` and ``cache_write`` are parts of ``input``, ``cache_write_1h`` of the latter."""

    input: Count
    output: Count
    cache_read: Count = 0
    cache_write: Count = 0
    cache_write_1h: Count = 0
    reasoning: Count = 0
    input_audio: Count = 0
    output_audio: Count = 0
    input_image: Count = 0
    output_image: Count = 0
    web_searches: Count = 0


def _reads_apart(shape: str | None, seam: str | None) -> bool:
    """Whether cached tokens stand beside the input count. LiteLLM counts as OpenAI does, whatever was asked."""
    return shape in APART and seam != "litellm"


def counts_of(usage: Any, verbatim: Any) -> Counts | None:
    """The counts of one call; None where some tokens have prices of their own, or are not among them."""
    for name, kinds in LISTED.items():
        if any(found in kinds for member in _MEMBERS for found in dig(verbatim, f"{name}.*.{member}")):
            return None
    counts = {name: getattr(usage, name) for name in COUNTS}
    for name, paths in EXTRA.items():
        found = (each for path in paths for each in dig(verbatim, path))
        counts[name] = next((each for each in found if type(each) is int and 0 <= each < 2**63), None)
    return counts


def billed(counts: Counts, *, shape: str | None, seam: str | None, operation: str | None) -> Billed | None:
    """What is paid for, of one call or of calls of one kind added up; None where the counts don't say.

    Args:
        counts: :data:`COUNTS` and :data:`EXTRA` by name.
        shape: the wire shape.
        seam: what recorded it.
        operation: what was asked for.
    """
    read, written = counts.get("input_tokens"), counts.get("output_tokens")
    thoughts = counts.get("reasoning_output_tokens") or 0
    if read is None or (written is None and not thoughts and operation in WRITES):
        return None
    from_cache, into_cache = (counts.get(f"cache_{way}_input_tokens") or 0 for way in ("read", "creation"))
    extra = {name: counts.get(name) or 0 for name in EXTRA}
    whole = read + extra.pop("tool_input") + (from_cache + into_cache if _reads_apart(shape, seam) else 0)
    if from_cache + into_cache > whole:
        return None
    output = (written or 0) + (thoughts if shape == "gemini" else 0)
    return Billed(whole, output, from_cache, into_cache, reasoning=thoughts, **extra)
