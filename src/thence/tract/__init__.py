"""A tract, and what it gives."""

from __future__ import annotations

from thence.compile import CompiledContext, CompiledRequest
from thence.tract.comparing import Difference
from thence.tract.tract import Tract

__all__ = ["CompiledContext", "CompiledRequest", "Difference", "Tract"]
