"""Wire shapes of providers as tables: what a request body holds, and what an answer says.

``find`` gives the row of a request; ``split`` and ``join`` take a body apart and put it together again, byte for byte;
``read_answer`` reads an answer, streamed or not. A shape is one module in ``thence.providers.shapes``.
"""

from __future__ import annotations

from thence.providers.answer import Answer, read_answer
from thence.providers.canonical import Canonical, Item
from thence.providers.common import common, injected
from thence.providers.endpoint import VOLATILE, Content, Endpoint
from thence.providers.routes import find, model_of, provider_of, read_of
from thence.providers.shapes import ENDPOINTS, UNKNOWN
from thence.providers.split import Member, Split, join, split
from thence.providers.usage import Usage, usage_of

__all__ = [
    "ENDPOINTS",
    "UNKNOWN",
    "VOLATILE",
    "Answer",
    "Canonical",
    "Content",
    "Endpoint",
    "Item",
    "Member",
    "Split",
    "Usage",
    "common",
    "find",
    "injected",
    "join",
    "model_of",
    "provider_of",
    "read_answer",
    "read_of",
    "split",
    "usage_of",
]
