"""The layers that the program's surroundings set: environment, configuration file, presets, plug-ins.

They are read when a client is wrapped and when a session is entered, never in a call. What was read is kept, and read
again where a file's time or size, or a variable, is another than it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from thence import faults
from thence.errors import ConfigError
from thence.params.chain import Layer
from thence.params.environment import Environment, Variable, find_dotenv, read_environment
from thence.params.files import ConfigFile, Said, find, read_config
from thence.params.origins import absolute
from thence.params.presets import Preset, expand
from thence.params.prices import Price

__all__ = ["Choice", "Configured", "load", "load_layers", "load_quietly", "plug_in"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Configured:
    """What the surroundings say.

    Attributes:
        path: of the configuration file; None where there is none.
        dotenv: the ``.env`` that was read; None where there is none.
        profile: the profile in force.
        layers: overrides, environment, plug-ins, configuration file.
        presets: by name.
        settings: name to what is said of it, the most explicit first. Values of variables are text.
        prices: of models, by name or pattern.
    """

    path: Path | None = None
    dotenv: Path | None = None
    profile: str | None = None
    layers: tuple[Layer, ...] = ()
    presets: Mapping[str, Preset] = field(default_factory=dict)
    settings: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)

    def preset(self, name: str) -> tuple[Layer, ...]:
        """The layers of a preset and of all that it extends.

        Raises:
            ConfigError: there is no such preset.
        """
        return expand(name, self.presets)


class Choice(Protocol):
    """What :func:`load_layers` reads of the settings."""

    @property
    def preset(self) -> str | None:
        """The preset that fills what nothing else sets."""


class _Newest(Generic[T]):
    """Keeps the newest answer, for the same question comes again and again."""

    def __init__(self) -> None:
        self.kept: tuple[object, T] | None = None

    def get(self, key: object, make: Callable[[], T]) -> T:
        kept = self.kept
        if kept is None or kept[0] != key:
            kept = self.kept = (key, make())
        return kept[1]


_plugged: list[Callable[[], Iterable[Layer]]] = []
_environment: _Newest[Environment] = _Newest()
_file: _Newest[ConfigFile] = _Newest()
_last_good = Configured()


def plug_in(read: Callable[[], Iterable[Layer]]) -> None:
    """Ask ``read`` for layers whenever layers are loaded. Their source is usually one that the plug-in registered with
    :meth:`ParameterSource.register <thence.params.source.ParameterSource.register>`.
    """
    if read not in _plugged:
        _plugged.append(read)


def load(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Configured:
    """What the surroundings of ``start`` (the working directory by default) say.

    Raises:
        ConfigError: a file or a variable says something impossible; names file and line, or the variable.
    """
    global _last_good  # noqa: PLW0603 - what load_quietly() falls back on
    environ = os.environ if environ is None else environ
    try:
        start = absolute(start or ".")
    except OSError as error:
        raise ConfigError(f"the working directory can't be read: {error.strerror}") from error
    dotenv = find_dotenv(start)
    variables = tuple((name, text) for name, text in environ.items() if name.startswith("THENCE_"))
    said = _environment.get((variables, _state(dotenv)), lambda: read_environment(environ, dotenv))
    chosen, profile = said.selectors.get("THENCE_CONFIG"), said.selectors.get("THENCE_PROFILE")
    path = _chosen(chosen, start) if chosen else find(start)
    file = None
    if path is not None:
        name = profile.text if profile else None
        file = _file.get((_state(path), name), lambda: _checked(read_config(path, name)))
    elif profile is not None:
        raise ConfigError("names a profile, and there is no configuration file", origin=profile.origin)
    plugged = tuple(layer for read in tuple(_plugged) for layer in read())
    _last_good = _joined(said, file, plugged, dotenv, profile)
    return _last_good


def load_quietly(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Configured:
    """As :func:`load`, for use within somebody's call: what goes wrong is counted, and the last good answer stands."""
    try:
        return load(start, environ)
    except Exception as error:
        faults.note("configuration", error)
        return _last_good


def load_layers(settings: Choice | None = None, *, preset: str | None = None) -> tuple[Layer, ...]:
    """Every layer that the surroundings set, and those of presets: ``preset`` first, then the settings' own.

    Raises:
        ConfigError: a file or a variable says something impossible, or there is no such preset.
    """
    configured = load()
    layers = configured.layers
    named = (preset, settings.preset if settings else None)
    for name in dict.fromkeys(name for name in named if name):
        layers += configured.preset(name)
    return layers


def _joined(
    said: Environment,
    file: ConfigFile | None,
    plugged: tuple[Layer, ...],
    dotenv: Path | None,
    profile: Variable | None,
) -> Configured:
    settings = dict(said.settings)
    for name, words in file.settings.items() if file else ():
        settings[name] = (*settings.get(name, ()), *words)
    return Configured(
        path=file.path if file else None,
        dotenv=dotenv,
        profile=profile.text if profile else None,
        layers=(*said.layers, *plugged, *(file.layers if file else ())),
        presets=file.presets if file else {},
        settings=settings,
        prices=file.prices if file else {},
    )


def _checked(file: ConfigFile) -> ConfigFile:
    """``file``, after every preset was expanded once: a circle is told at load, not when a call first meets it."""
    for name in file.presets:
        expand(name, file.presets)
    return file


def _chosen(variable: Variable, start: Path) -> Path:
    path = (variable.folder or start) / Path(variable.text).expanduser()
    if not path.exists():
        raise ConfigError(f"names {variable.text}, which is not there", origin=variable.origin)
    return path


def _state(path: Path | None) -> tuple[object, ...] | None:
    """What changes when a file does; a file that is gone or can't be asked has none."""
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return (path, None)
    return (path, status.st_mtime_ns, status.st_size, status.st_ino)
