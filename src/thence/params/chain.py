"""Layers, and what they fill into a request before it is sent.

A layer offers values from one source. Layers are ordered by their source, and within one source the earlier in the
sequence wins (so the innermost session comes first). :func:`fill` decides what goes into the request:

- what the caller gave stands, an explicit null included; only a layer above ``CALL`` (an override) replaces it;
- two names of one parameter (``max_tokens``, ``max_completion_tokens``) count as one, and the endpoint's own spelling
  is used, so that a layer never makes a request that the provider refuses for naming a thing twice;
- names that change the type or the subject of the answer (``stream``, ``n``, ``response_format``, ``messages``) are
  never filled;
- a layer that names no endpoint fills endpoints that generate text only: ``temperature`` in a file does not end up in
  an embeddings request. A layer that names its endpoint fills it with whatever it says.

What happened is then read off the wire by :func:`thence.params.reconcile.reconcile`; nothing here is a record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from thence.params.names import family, generates, is_protected, spelled, tail
from thence.params.source import ABSENT, ParameterSource, is_absent

__all__ = ["EVERYWHERE", "Filled", "Layer", "Where", "fill", "flat"]


@dataclass(frozen=True, slots=True)
class Where:
    """Which calls a layer speaks about; None is any.

    Attributes:
        model: a shell pattern for the request's model, ``gpt-4*``.
        endpoint: a shell pattern for the path or its end, with or without version: ``/v1/embeddings``, ``embeddings``.
    """

    model: str | None = None
    endpoint: str | None = None

    def covers(self, model: str | None, endpoint: str) -> bool:
        """Whether a call of ``model`` (None where unknown) at the path ``endpoint`` is meant."""
        if self.model is not None and (model is None or not fnmatchcase(model, self.model)):
            return False
        if self.endpoint is None:
            return generates(endpoint)
        path, pattern = tail(endpoint), tail(self.endpoint)
        return fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern}")


EVERYWHERE: Final = Where()


@dataclass(frozen=True, slots=True)
class Layer:
    """Values from one source. ``extra_body`` in ``values`` is opened: its members are parameters like any other.

    Attributes:
        source: which source.
        origin: where, for the layer as a whole.
        values: parameter to value; None is an explicit null.
        origins: the own place of a parameter, where it is known more exactly than ``origin``.
        where: which calls are meant.
    """

    source: ParameterSource
    origin: str | None
    values: Mapping[str, Any]
    origins: Mapping[str, str] = field(default_factory=dict)
    where: Where = EVERYWHERE

    def __post_init__(self) -> None:
        if "extra_body" in self.values:
            object.__setattr__(self, "values", flat(self.values))

    def origin_of(self, name: str) -> str | None:
        """The place that gave ``name`` its value."""
        return self.origins.get(name, self.origin)


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with the members of ``extra_body`` in its place; over a keyword they win, as they do on the wire."""
    extra = values.get("extra_body")
    opened = {name: value for name, value in values.items() if name != "extra_body"}
    return {**opened, **extra} if isinstance(extra, Mapping) else opened


@dataclass(frozen=True, slots=True)
class Filled:
    """What the layers make of a request.

    Attributes:
        values: members to be put into the request, or to replace what it has (an override).
        layers: every layer that speaks about this call, most explicit first, whether it won anything or not.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    layers: tuple[Layer, ...] = ()


_NOTHING: Final = Filled()


def fill(asked: Mapping[str, Any], layers: Sequence[Layer], *, model: str | None = None, endpoint: str) -> Filled:
    """What ``layers`` put into a request whose members ``asked`` the caller gave. Returns at once without layers.

    Args:
        asked: the request's top-level members; SDK marks count as absent, None as given.
        layers: every layer in force, in any order of sources; within one source the earlier wins.
        model: the model that the caller asked for.
        endpoint: the request's path.
    """
    if not layers:
        return _NOTHING
    ordered = sorted(layers, key=_rank)
    model = _model(model, ordered, endpoint)
    speaking = tuple(layer for layer in ordered if layer.where.covers(model, endpoint))
    given: dict[str, list[str]] = {}
    for name, value in asked.items():
        if not is_absent(value):
            given.setdefault(family(name), []).append(name)
    values: dict[str, Any] = {}
    decided: set[str] = set()
    for layer in speaking:
        locks = layer.source < ParameterSource.CALL
        for name, value in layer.values.items():
            kin = family(name)
            if kin in decided or is_absent(value) or is_protected(name, value) or (kin in given and not locks):
                continue
            decided.add(kin)
            for spelling in given.get(kin) or (spelled(name, endpoint),):
                said = value if is_absent(layer.values.get(spelling, ABSENT)) else layer.values[spelling]
                values.update(_said(spelling, said, asked.get(spelling)))
    return Filled(values, speaking)


def _said(name: str, value: Any, given: Any) -> dict[str, Any]:
    """A layer's ``value`` as the endpoint takes it under ``name``, where the caller gave ``given`` or nothing.

    One text to stop at is a list of one where the endpoint knows lists only. What a lock replaces keeps its ``format``,
    on which the answer's type hangs.
    """
    if name == "stop_sequences" and isinstance(value, str):
        return {name: [value]}
    if is_protected(name, given):
        return {name: {**value, "format": given["format"]}} if isinstance(value, Mapping) else {}
    return {name: value}


def _rank(layer: Layer) -> ParameterSource:
    return layer.source


def _model(model: str | None, ordered: Sequence[Layer], endpoint: str) -> str | None:
    """The model that will be asked for: patterns match it, whoever named it."""
    for layer in ordered:
        locks = layer.source < ParameterSource.CALL
        named = layer.values.get("model")
        if (
            isinstance(named, str)
            and (locks or model is None)
            and layer.where.model is None
            and layer.where.covers(model, endpoint)
        ):
            return named
    return model
