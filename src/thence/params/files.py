"""``thence.toml``, and ``[tool.thence]`` in ``pyproject.toml``: layers, presets and settings with the line of each.

::

    store = "runs/store.db"          # settings, see docs/reference/configuration.md
    preset = "precise"

    [params]                         # every call that generates text
    temperature = 0.2

    [params."gpt-4*"]                # a model's pattern
    top_p = 0.9

    [params."/v1/embeddings"]        # an endpoint's pattern begins with a slash
    dimensions = 256

    [presets.precise]
    extends = "base"
    temperature = 0

    [prices."my-model*"]             # US dollars for a million tokens
    input = 0.5
    output = 2

    [profiles.ci]                    # in force with THENCE_PROFILE=ci, before the rest of the file
    capture = "params"
    [profiles.ci.params]
    seed = 7

In ``[params]`` a table is a pattern's, unless its name is that of a parameter which takes a table.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from thence.errors import ConfigError
from thence.params.chain import EVERYWHERE, Layer, Where
from thence.params.known import PARAMETERS, SETTINGS, check_json, check_kind, check_parameter, slip
from thence.params.presets import Preset
from thence.params.prices import Price, read_price
from thence.params.source import ParameterSource
from thence.params.toml import Document, KeyPath, parse, read, text_of

__all__ = ["ConfigFile", "Said", "find", "read_config"]

_SECTIONS: Final = ("params", "presets", "prices", "profiles")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Said:
    """A setting as one place says it; ``folder`` is what a relative path in it starts from, None the caller's."""

    value: Any
    origin: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a configuration file says, with one profile or none in force.

    Attributes:
        path: of the file.
        layers: the most specific first; a profile's before the rest.
        presets: by name.
        settings: name to what is said of it, the profile's word first.
        prices: by the model's name or pattern.
    """

    path: Path
    layers: tuple[Layer, ...]
    presets: Mapping[str, Preset]
    settings: Mapping[str, tuple[Said, ...]]
    prices: Mapping[str, Price]


def find(start: Path) -> Path | None:
    """The nearest configuration file from ``start`` upward; in one folder ``thence.toml`` comes first.

    Raises:
        ConfigError: a file is there and can't be read.
    """
    for folder in (start, *start.parents):
        own = folder / "thence.toml"
        if os.path.lexists(own):
            return own
        shared = folder / "pyproject.toml"
        if os.path.isfile(shared):  # noqa: PTH113 - no error where it may not be asked
            state = shared.stat()
            if _speaks(shared, state.st_mtime_ns, state.st_size, state.st_ino):
                return shared
    return None


@lru_cache(maxsize=64)
def _speaks(path: Path, *_state: int) -> bool:
    """Whether a ``pyproject.toml`` has a ``[tool.thence]``; one that does not hold the word is not parsed.

    Asked again where the file is another than it was.
    """
    text = text_of(path)
    if "thence" not in text:
        return False
    tools = parse(text, path).values.get("tool", {})
    return isinstance(tools, dict) and "thence" in tools


def read_config(path: Path, profile: str | None = None) -> ConfigFile:
    """The configuration in a file.

    Raises:
        ConfigError: names file and line.
    """
    document = read(path)
    base: KeyPath = ("tool", "thence") if path.name == "pyproject.toml" else ()
    table: Any = document.values
    for key in base:
        table = table.get(key, {}) if isinstance(table, dict) else {}
    whole = _section(_Table(document, base, table), profiles=True)
    profiles = {
        each.name: _section(each, profiles=False) for each in _tables(_Table(document, base, table), "profiles")
    }
    parts = [whole]
    if profile is not None:
        if profile not in profiles:
            meant = slip(profile, profiles, 0.6)
            raise ConfigError(
                f"no profile {profile}" + (f": did you mean {meant}?" if meant else ""),
                origin=document.origin(*base, "profiles"),
                hint="THENCE_PROFILE names it",
            )
        parts.insert(0, profiles[profile])
    presets = {name: preset for part in reversed(parts) for name, preset in part.presets.items()}
    prices = {name: price for part in reversed(parts) for name, price in part.prices.items()}
    settings: dict[str, tuple[Said, ...]] = {}
    for part in parts:
        for name, said in part.settings.items():
            settings[name] = (*settings.get(name, ()), *said)
    return ConfigFile(path, tuple(layer for part in parts for layer in part.layers), presets, settings, prices)


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of a document."""

    document: Document
    path: KeyPath
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.path[-1]

    def origin(self, *keys: str) -> str:
        return self.document.origin(*self.path, *keys)

    def table(self, key: str) -> _Table:
        """The table under ``key``, empty where there is none.

        Raises:
            ConfigError: something else stands there.
        """
        value = self.values.get(key, {})
        check_kind(key, value, "table", self.origin(key))
        return _Table(self.document, (*self.path, key), value)


def _tables(table: _Table, key: str) -> Iterator[_Table]:
    section = table.table(key)
    return (section.table(name) for name in section.values)


def _section(table: _Table, *, profiles: bool) -> ConfigFile:
    """The whole file, or one profile of it."""
    sections = _SECTIONS if profiles else _SECTIONS[:-1]
    settings: dict[str, tuple[Said, ...]] = {}
    for key, value in table.values.items():
        if key in SETTINGS:
            check_kind(key, value, SETTINGS[key], table.origin(key))
            settings[key] = (Said(value, table.origin(key), table.document.path.parent),)
        elif key not in sections:
            meant = None if key in PARAMETERS else slip(key, (*SETTINGS, *sections), 0.6)
            raise ConfigError(
                f"unknown key {key}" + (f": did you mean {meant}?" if meant else ""),
                origin=table.origin(key),
                hint=None if meant else "parameters stand below [params]",
            )
    layers = _layers(table.table("params"), ParameterSource.CONFIG_FILE, "")
    presets = {each.name: _preset(each) for each in _tables(table, "presets")}
    listed = table.table("prices")
    prices = {name: read_price(name, held, partial(listed.origin, name)) for name, held in listed.values.items()}
    return ConfigFile(table.document.path, layers, presets, settings, prices)


def _preset(table: _Table) -> Preset:
    extends = table.values.get("extends", [])
    origin = table.origin("extends")
    check_kind("extends", extends, "text or list", origin)
    names = (extends,) if isinstance(extends, str) else tuple(extends)
    for name in names:
        check_kind("extends", name, "text", origin)
    values = {key: value for key, value in table.values.items() if key != "extends"}
    layers = _layers(_Table(table.document, table.path, values), ParameterSource.PRESET, f" [{table.name}]")
    return Preset(table.name, layers, names, origin if names else table.origin())


def _layers(table: _Table, source: ParameterSource, note: str) -> tuple[Layer, ...]:
    """The layers of a table of parameters and patterns, the most specific first."""
    found = list(_spoken(table, EVERYWHERE, source, note))
    return tuple(sorted(found, key=lambda layer: _specificity(layer.where), reverse=True))


def _spoken(table: _Table, where: Where, source: ParameterSource, note: str) -> Iterator[Layer]:
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key, value in table.values.items():
        origin = table.origin(key)
        if isinstance(value, dict) and not _NAME.fullmatch(key):
            yield from _spoken(table.table(key), _narrowed(where, key, origin), source, note)
        elif key == "extra_body":
            check_kind(key, value, "table", origin)
            for name, item in value.items():
                check_json(name, item, table.origin(key, name))
            values.update(value)
            origins.update({name: table.origin(key, name) + note for name in value})
        else:
            if isinstance(value, dict) and "table" not in PARAMETERS.get(key, "table" if slip(key, PARAMETERS) else ""):
                raise ConfigError(
                    f"{key} is no parameter that is known to take a table",
                    origin=origin,
                    hint=f'for a model write [params."{key}*"]; a vendor\'s own parameter goes into extra_body',
                )
            check_parameter(key, value, origin)
            values[key] = value
            origins[key] = origin + note
    if values:
        yield Layer(source, table.origin() + note, values, origins, where)


def _narrowed(where: Where, pattern: str, origin: str) -> Where:
    """``where``, narrowed by a pattern: an endpoint's begins with a slash, any other is a model's."""
    if pattern.startswith("/"):
        if where.endpoint is not None or where.model is not None:
            raise ConfigError(
                f"an endpoint's pattern stands right below [params], not {pattern} in another", origin=origin
            )
        return Where(endpoint=pattern)
    if where.model is not None:
        raise ConfigError(f"a model's pattern within another's: {pattern} in {where.model}", origin=origin)
    return Where(pattern, where.endpoint)


def _specificity(where: Where) -> tuple[bool, int, bool, int]:
    """How exactly calls are told: by model, then by endpoint, and each by its number of plain characters."""
    return (
        where.model is not None,
        len(re.sub(r"[*?\[\]]", "", where.model or "")),
        where.endpoint is not None,
        len(re.sub(r"[*?\[\]]", "", where.endpoint or "")),
    )
