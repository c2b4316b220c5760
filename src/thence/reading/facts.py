"""Facts of a call in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from thence.store import Call

__all__ = ["call_id", "model", "tokens"]


def call_id(call: Call) -> str:
    """As much of a call's id as people type: its time to the millisecond."""
    return call.id[:13]


def model(call: Call) -> str:
    """The model asked for, and the one that answered where it is another."""
    asked, answered = call.request_model, call.response_model
    both = asked and answered and asked != answered
    return f"{asked} → {answered}" if both else asked or answered or "-"


def tokens(call: Call) -> str:
    """Tokens in and out; empty where nothing is known."""
    known = [(call.usage.input_tokens, "in"), (call.usage.output_tokens, "out")]
    return ", ".join(f"{count} {way}" for count, way in known if count is not None)
