"""``thence config``: every setting, parameter and preset that files and variables set, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import rich_click as click

from thence.cli.options import as_json

if TYPE_CHECKING:
    from thence.params import Layer
    from thence.settings import Settings

__all__ = ["config"]


@click.command()
@as_json
def config(*, as_json: bool) -> None:
    """Show what is configured from this folder: settings, parameters and presets, each with its file and line.

    \b
    thence config
    thence config --json

    What another place shadows is shown too. To see what a call would get of all this: thence plan.
    """
    from thence.cli.terminal import console, print_json
    from thence.settings import Settings

    settings = Settings.load()
    if as_json:
        print_json(_document(settings))
        return
    screen = console()
    for line in _lines(settings, screen.width):
        screen.print(line, soft_wrap=True, markup=False, highlight=False)


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
    }


def _layer_document(layer: Layer) -> dict[str, Any]:
    return {
        "source": layer.source.name,
        "scope": _scope(layer),
        "values": {name: {"value": value, "origin": layer.origin_of(name)} for name, value in layer.values.items()},
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (bool, int, str)) else str(value)


def _scope(layer: Layer) -> str:
    return layer.where.model or layer.where.endpoint or "every call"


def _lines(settings: Settings, width: int) -> Iterator[str]:
    from thence.cli.render import cut, place

    yield "settings"
    for name, each in settings.explained.items():
        left = width - 38
        yield f"  {name:<15}{cut(str(_plain(each.value)), 20):<20} {place(each.origin, left)}"
        for said in each.shadowed:
            if said.origin != "default":
                yield f"  {'':<10}over {cut(str(_plain(said.value)), 20):<20} {place(said.origin, left)}"
    configured = settings.configured
    yield from _layers("params", configured.layers, width)
    for name in configured.presets:
        yield from _layers(f"preset {name}", configured.preset(name), width)


def _layers(title: str, layers: tuple[Layer, ...], width: int) -> Iterator[str]:
    from thence.cli.render import cut, letter, place, value

    yield ""
    yield title if layers else f"{title}: none"
    for layer in layers:
        scope = _scope(layer)
        for name, held in layer.values.items():
            said = f"  {letter(layer.source)} {cut(name, 18):<18} {value(held, 18):<18} {cut(scope, 16):<16}"
            yield f"{said} {place(layer.origin_of(name) or '-', width - len(said) - 1)}"
