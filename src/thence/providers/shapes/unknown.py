"""A route that no row knows: everything is a parameter, nothing is context, the answer is kept as it is."""

from __future__ import annotations

from thence.providers.endpoint import Endpoint

__all__ = ["UNKNOWN"]

UNKNOWN = Endpoint(name="unknown", operation="unknown", methods=())
