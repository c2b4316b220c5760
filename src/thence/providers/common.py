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


_HELPED = {"stream": True, "parse": False}


def injected(endpoint: Endpoint, params: Mapping[str, Member], headers: Mapping[str, str]) -> set[str]:
    """The names in ``params`` that the SDK added by itself, as far as the request shows it.

    A helper says in a header that it asked for a stream (``.stream()``, ``.create_and_run_stream()``) or for none
    (``.parse()``). Of a value that the SDK always adds where the caller gives none (``encoding_format="base64"`` of
    embeddings), the same value given by the caller can't be told apart.
    """
    found = set()
    for name, value in endpoint.injected.items():
        member = params.get(name)
        added = _helped(headers) if name == "stream" else value
        if member is not None and added is not None and member.value == added:
            found.add(name)
    return found


def _helped(headers: Mapping[str, str]) -> bool | None:
    """The stream, or none, that the helper of a call asked for; None of a call that no helper made."""
    if "x-stainless-stream-helper" in headers:
        return True
    return _HELPED.get(headers.get("x-stainless-helper-method", "").rpartition(".")[2])
