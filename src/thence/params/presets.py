"""Presets: named values that extend one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from thence.errors import ConfigError
from thence.params.chain import Layer
from thence.params.known import slip

__all__ = ["Preset", "expand"]


@dataclass(frozen=True, slots=True)
class Preset:
    """A preset as it stands in a file.

    Attributes:
        name: of the preset.
        layers: its own values, the most specific first.
        extends: the presets that it builds on, the first before the others.
        origin: where it says what it extends; where it begins, if it extends nothing.
    """

    name: str
    layers: tuple[Layer, ...]
    extends: tuple[str, ...]
    origin: str


def expand(name: str, presets: Mapping[str, Preset]) -> tuple[Layer, ...]:
    """The layers of a preset and of all that it extends, its own first. What two ways lead to is taken once.

    Raises:
        ConfigError: there is no such preset, it extends one that is not there, or it extends itself in the end.
    """
    order: list[str] = []
    _visit(name, presets, (), order)
    layers: list[Layer] = []
    for each in order:
        layers += presets[each].layers if each == name else (_inherited(layer, name) for layer in presets[each].layers)
    return tuple(layers)


def _visit(name: str, presets: Mapping[str, Preset], through: tuple[str, ...], order: list[str]) -> None:
    origin = presets[through[-1]].origin if through else None
    if name not in presets:
        meant = slip(name, presets, 0.6)
        known = f"did you mean {meant}?" if meant else f"known: {', '.join(sorted(presets)) or 'none'}"
        raise ConfigError(f"no preset {name}: {known}", origin=origin, hint=None if through else "see `thence config`")
    if name in through:
        circle = " -> ".join((*through[through.index(name) :], name))
        raise ConfigError(f"presets extend each other in a circle: {circle}", origin=origin)
    if name in order:
        return
    order.append(name)
    for base in presets[name].extends:
        _visit(base, presets, (*through, name), order)


def _inherited(layer: Layer, through: str) -> Layer:
    """``layer`` with origins that say through which preset it speaks."""

    def said(origin: str) -> str:
        return f"{origin.removesuffix(']')}, through {through}]"

    return replace(
        layer,
        origin=said(layer.origin or ""),
        origins={name: said(origin) for name, origin in layer.origins.items()},
    )
