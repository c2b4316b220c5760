"""Facts of a call in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thence.reading.visible import one_line

if TYPE_CHECKING:
    from thence.store import Call

__all__ = ["call_id", "does", "model", "name_of", "paid", "tokens"]


def call_id(call: Call) -> str:
    """As much of a call's id as people type: its time to the millisecond."""
    return call.id[:13]


def name_of(call: Call) -> str:
    """What people call it by: its answer's commit, or its id where no commit answers."""
    return call.commit.short if call.commit else call_id(call)


def model(call: Call) -> str:
    """The model asked for, and the one that answered where it is another."""
    asked, answered = call.request_model, call.response_model
    both = asked and answered and asked != answered
    return one_line(f"{asked} → {answered}" if both else asked or answered or "-")


def does(call: Call) -> str:
    """What a call does: its operation, or method and path where no table has a word for it."""
    if call.operation == "unknown" and call.endpoint:
        return one_line(f"{call.method} {call.endpoint}")
    return call.operation or "-"


def tokens(call: Call) -> str:
    """Tokens in and out; empty where nothing is known."""
    known = [(call.usage.input_tokens, "in"), (call.usage.output_tokens, "out")]
    return ", ".join(f"{count} {way}" for count, way in known if count is not None)


def paid(call: Call) -> str:
    """What a call cost and whose price that is, or why it is not known."""
    from thence.prices import dollars
    from thence.store.costs import cost_of

    cost = cost_of(call)
    return f"unknown: {cost}" if isinstance(cost, str) else f"{dollars(cost.total)} by {cost.price}"
