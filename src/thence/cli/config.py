"""``thence config``: every setting, parameter and preset that files and variables set, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import rich_click as click

from thence.cli.options import forms

if TYPE_CHECKING:
    from thence.params import Layer
    from thence.params.prices import Price
    from thence.settings import Settings

__all__ = ["config"]

_WIDEST: Final = (20, 28, 16)  # cells of name, value and scope


@click.command()
@forms
def config(*, form: str) -> None:
    """Show what is configured from this folder: settings, parameters, presets and prices, each with file and line.

    \b
    thence config
    thence config --json

    What another place shadows is shown too. To see what a call would get of all this: thence plan.
    """
    from thence.cli.forms import print_rows
    from thence.cli.terminal import print_json, show
    from thence.settings import Settings

    settings = Settings.load()
    if form == "json":
        print_json(_document(settings))
    elif form != "table":
        print_rows(form, _flat(settings))
    else:
        show(lambda width: _lines(settings, width))


def _flat(settings: Settings) -> Iterator[dict[str, Any]]:
    """The same as rows: ``kind`` is ``setting``, ``param``, ``preset`` or ``price``; ``of`` names the preset."""
    for name, each in settings.explained.items():
        yield {"kind": "setting", "of": None, "name": name, **_said(_plain(each.value), None, each.origin)}
    configured = settings.configured
    presets = [(name, layer) for name in configured.presets for layer in configured.preset(name)]
    for preset, layer in [*((None, layer) for layer in configured.layers), *presets]:
        kind = "param" if preset is None else "preset"
        for name, held in layer.values.items():
            yield {"kind": kind, "of": preset, "name": name, **_said(held, _scope(layer), layer.origin_of(name))}
    for price in configured.prices.values():
        for name, rate in price.rates.items():
            yield {"kind": "price", "of": None, "name": name, **_said(float(rate), price.model, price.origin)}


def _said(value: Any, scope: str | None, origin: str | None) -> dict[str, Any]:
    return {"value": value, "scope": scope, "origin": origin}


def _document(settings: Settings) -> dict[str, Any]:
    configured = settings.configured
    return {
        "file": None if configured.path is None else str(configured.path),
        "dotenv": None if configured.dotenv is None else str(configured.dotenv),
        "profile": configured.profile,
        "settings": {
            name: {
                "value": _plain(each.value),
                "origin": each.origin,
                "shadowed": [{"value": _plain(said.value), "origin": said.origin} for said in each.shadowed],
            }
            for name, each in settings.explained.items()
        },
        "params": [_layer_document(layer) for layer in configured.layers],
        "presets": {name: [_layer_document(layer) for layer in configured.preset(name)] for name in configured.presets},
        "prices": {
            price.model: {**{name: float(rate) for name, rate in price.rates.items()}, "origin": price.origin}
            for price in configured.prices.values()
        },
    }


def _layer_document(layer: Layer) -> dict[str, Any]:
    return {
        "source": layer.source.name,
        "scope": _scope(layer),
        "values": {name: {"value": value, "origin": layer.origin_of(name)} for name, value in layer.values.items()},
    }


def _plain(value: Any) -> Any:
    """A setting as JSON has it; of the store's URL without its password."""
    from thence.reading.checks import without_password

    if value is None or isinstance(value, (bool, int)):
        return value
    return without_password(str(value))


def _scope(layer: Layer) -> str:
    return layer.where.model or layer.where.endpoint or "every call"


class _Row(NamedTuple):
    """A line: what it is about, what it says, where it holds, and who says so."""

    name: str
    value: str
    scope: str
    origin: str


def _lines(settings: Settings, width: int) -> Iterator[str]:
    rows = []
    for name, each in settings.explained.items():
        rows.append(_Row(name, _setting(each.value), "", each.origin))
        shadowed = [said for said in each.shadowed if said.origin != "default"]
        rows += [_Row("", f"over {_setting(said.value)}", "", said.origin) for said in shadowed]
    yield from _block("settings", rows, width)
    configured = settings.configured
    yield ""
    yield from _block("params", _layer_rows(configured.layers), width)
    for name in configured.presets:
        yield ""
        yield from _block(f"preset {name}", _layer_rows(configured.preset(name)), width)
    if configured.prices:
        yield ""
        yield from _block("prices, in dollars for a million tokens", _price_rows(configured.prices.values()), width)


def _setting(value: Any) -> str:
    """A setting as it would be written; a path below the working directory relative to it."""
    from thence.cli.render import place

    if value is None:
        return "-"
    return str(value).lower() if isinstance(value, bool) else place(str(_plain(value)), 60)


def _layer_rows(layers: tuple[Layer, ...]) -> list[_Row]:
    from thence.cli.render import value
    from thence.reading.values import letter

    return [
        _Row(f"{letter(layer.source)} {name}", value(held, 60), _scope(layer), layer.origin_of(name) or "-")
        for layer in layers
        for name, held in layer.values.items()
    ]


def _price_rows(prices: Iterable[Price]) -> list[_Row]:
    return [
        _Row(name, f"{rate:f}", price.model, price.origin) for price in prices for name, rate in price.rates.items()
    ]


def _block(title: str, rows: list[_Row], width: int) -> Iterator[str]:
    """Rows below their title, in columns as wide as they must be; the origin gets what is left."""
    from thence.cli.render import cut, place

    yield title if rows else f"{title}: none"
    columns = list(zip(*rows, strict=True))[: len(_WIDEST)]
    widths = [min(max(map(len, cells)), limit) for cells, limit in zip(columns, _WIDEST, strict=False)]
    for row in rows:
        cells = [f"{cut(cell, room):<{room}}  " for cell, room in zip(row, widths, strict=False) if room]
        said = "  " + "".join(cells)
        yield said + place(row.origin, width - len(said))
