"""Compiling: a line of commits as the context of a call. Pure: it is given rows and gives values.

``effective`` says what is in force, ``context`` what users hold, ``tokens`` counts, ``wire`` writes vendors' requests.
"""

from __future__ import annotations

from thence.compile.context import CompiledContext, CompiledRequest
from thence.compile.effective import Link, effective
from thence.compile.tokens import Anchor, TokenCount, count_tokens, estimate
from thence.compile.wire import TARGETS, request

__all__ = [
    "TARGETS",
    "Anchor",
    "CompiledContext",
    "CompiledRequest",
    "Link",
    "TokenCount",
    "count_tokens",
    "effective",
    "estimate",
    "request",
]
