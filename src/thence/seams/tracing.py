"""The caller's active span, where the program traces itself with OpenTelemetry.

Nothing is imported for it: where the program has not imported OpenTelemetry's API, there is no span to find, and asking
costs one look into a dict. What is kept are the two ids by which a call is found again in a tracing system.
"""

from __future__ import annotations

import sys

from thence import faults, frames

__all__ = ["trace"]


def trace(begin: frames.Begin) -> None:
    """Put the ids of the span that is active in this context, as W3C writes them, on ``begin``; nothing without one."""
    # Where it is defined: programs that replace it in opentelemetry.trace, to see who asks, see none of ours.
    active = getattr(sys.modules.get("opentelemetry.trace.propagation"), "get_current_span", None)
    if active is None:  # or another thread is in the middle of importing it: then there is no span yet
        return
    with faults.guard("active span"):
        context = active().get_span_context()
        if context.is_valid:
            begin.trace_id, begin.span_id = f"{context.trace_id:032x}", f"{context.span_id:016x}"
