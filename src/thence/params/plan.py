"""What a call would be sent with, before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from thence.params.chain import Layer, fill, flat
from thence.params.reconcile import reconcile
from thence.params.resolved import ResolvedConfig
from thence.params.source import ParameterSource

__all__ = ["planned"]


def planned(
    asked: Mapping[str, Any], layers: Sequence[Layer], *, endpoint: str, origin: str | None = None
) -> ResolvedConfig:
    """The parameters of a call with arguments ``asked``, made under ``layers``: the same steps as at the seam.

    Args:
        asked: the call's own arguments, content left out; ``extra_body`` is opened.
        layers: every layer in force.
        endpoint: the path that the call goes to.
        origin: where the arguments stand.
    """
    asked = flat(asked)
    model = asked.get("model")
    filled = fill(asked, layers, model=model if isinstance(model, str) else None, endpoint=endpoint)
    call = Layer(ParameterSource.CALL, origin, asked)
    return reconcile((call, *filled.layers), {**asked, **filled.values})
