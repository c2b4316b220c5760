"""The common view of a call's parameters: few names, the same for every vendor, never replacing the vendor's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thence.providers.endpoint import Endpoint, dig
from thence.providers.split import Member

__all__ = ["common", "injected"]


def common(endpoint: Endpoint, params: Mapping[str, Any]) -> dict[str, Any]:
    """Common names and values of what ``params`` (values or members) set; a name that nothing sets is not there."""
    values = {name: value.value if isinstance(value, Member) else value for name, value in params.items()}
    view: dict[str, Any] = {}
    for name, paths in endpoint.common.items():
        for path in paths:
            found = next((value for value in dig(values, path) if value is not None), None)
            if found is not None:
                view[name] = found
                break
    return view


def injected(endpoint: Endpoint, params: Mapping[str, Any]) -> set[str]:
    """The names in ``params`` that the SDK adds by itself when the caller has not."""
    return {name for name in params if name in endpoint.injected}
