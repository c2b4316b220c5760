"""Settings: how Thence itself behaves, each with the place that says so.

A setting comes from a variable (``THENCE_CAPTURE``), from ``.env``, from the profile in force, from the configuration
file, or it is the default; in this order. ``docs/reference/configuration.md`` lists them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thence.errors import ConfigError
from thence.params.files import Said
from thence.params.known import SETTINGS, slip
from thence.params.layers import Configured, load
from thence.params.origins import absolute

__all__ = ["Setting", "Settings", "is_disabled"]

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "capture": ("full", "params", "off"),
    "durability": ("process", "power"),
}
_DEFAULTS: Final[Mapping[str, Any]] = {
    "tract": "main",
    "branch": "main",
    "capture": "full",
    "durability": "process",
    "journal_dir": None,
    "journal_max_mb": 1024,
    "disabled": False,
    "preset": None,
}
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


def is_disabled() -> bool:
    """Whether ``THENCE_DISABLED`` is set: no file is read, for this is asked before anything else."""
    return os.environ.get("THENCE_DISABLED", "").lower() not in _FALSE


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its value, the place that says so, and what other places say that it shadows."""

    name: str
    value: Any
    origin: str
    shadowed: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings in force.

    Attributes:
        store: absolute path of a SQLite file, or a database URL.
        tract: the tract that calls belong to unless a session or client says otherwise.
        branch: the branch, likewise.
        capture: ``full``, ``params`` (no text is written) or ``off``.
        durability: of a journal's record: ``process`` survives ``kill -9``, ``power`` a power cut.
        journal_dir: folder of the journals; None puts each beside its store.
        journal_max_mb: how far a journal grows before calls are no longer kept, in MiB.
        disabled: nothing is recorded, and no file is made.
        preset: the preset that fills what nothing else sets.
        explained: every setting by name, with its origin and what it shadows.
        configured: the surroundings that the settings were read from.
    """

    store: str
    tract: str = "main"
    branch: str = "main"
    capture: str = "full"
    durability: str = "process"
    journal_dir: Path | None = None
    journal_max_mb: int = 1024
    disabled: bool = False
    preset: str | None = None
    explained: Mapping[str, Setting] = field(default_factory=dict, compare=False, repr=False)
    configured: Configured = field(default_factory=Configured, compare=False, repr=False)

    @classmethod
    def load(cls, start: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings for ``start`` (the working directory by default).

        Raises:
            ConfigError: a file or a variable says something impossible.
        """
        configured = load(start, environ)
        start = absolute(start or ".")
        explained = {name: _explained(name, configured, start) for name in SETTINGS}
        preset = explained["preset"]
        if preset.value is not None and preset.value not in configured.presets:
            meant = slip(preset.value, configured.presets, 0.6)
            suggestion = f": did you mean {meant}?" if meant else ""
            raise ConfigError(f"no preset {preset.value}{suggestion}", origin=preset.origin)
        values = {name: setting.value for name, setting in explained.items()}
        return cls(**values, explained=explained, configured=configured)

    @property
    def config_path(self) -> Path | None:
        """The configuration file; None where there is none."""
        return self.configured.path

    @property
    def journal_max_bytes(self) -> int:
        """How far a journal grows before calls are no longer kept, in bytes."""
        return self.journal_max_mb << 20

    def origin_of(self, name: str) -> str:
        """The place that says what the setting ``name`` is."""
        return self.explained[name].origin

    @staticmethod
    def store_url(store: str | Path) -> str:
        """A store as it was written, as an absolute path or a URL; a folder stands for the ``store.db`` in it."""
        return _store(str(store), absolute("."))


def _explained(name: str, configured: Configured, start: Path) -> Setting:
    said = [Said(_read(name, each, start), each.origin) for each in configured.settings.get(name, ())]
    default = _nearest_store(start) if name == "store" else Said(_DEFAULTS[name], "default")
    winner, *shadowed = *said, default
    return Setting(name, winner.value, winner.origin, tuple(shadowed))


def _read(name: str, said: Said, start: Path) -> Any:
    """A setting's value from what one place says; a file's word has its type already, a variable's is text.

    Raises:
        ConfigError: it says something impossible.
    """
    value, kind, folder = said.value, SETTINGS[name], said.folder or start
    if kind == "boolean":
        return value if isinstance(value, bool) else _switch(name, said)
    if kind == "integer":
        return _positive(name, said)
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ConfigError(f"{name} must be one of {', '.join(_CHOICES[name])}, not {value!r}", origin=said.origin)
    if name == "journal_dir":
        return absolute(Path(value).expanduser(), folder)
    return _store(value, folder) if name == "store" else value


def _switch(name: str, said: Said) -> bool:
    text = str(said.value).lower()
    if text not in _TRUE | _FALSE:
        raise ConfigError(f"{name} must be 1 or 0, not {said.value!r}", origin=said.origin)
    return text in _TRUE


def _positive(name: str, said: Said) -> int:
    try:
        number = int(said.value)
    except ValueError:
        number = 0
    if number <= 0:
        raise ConfigError(f"{name} must be a whole number above 0, not {said.value!r}", origin=said.origin)
    return number


def _store(written: str, folder: Path) -> str:
    """A store's absolute path, or its URL as it was written; a SQLite file's URL becomes its path."""
    if written.startswith("sqlite:///") and not written.endswith(":memory:") and "?" not in written:
        written = written[len("sqlite:///") :]
    elif "://" in written:
        return written
    path = absolute(Path(written).expanduser(), folder)
    return str(path / "store.db" if os.path.isdir(path) else path)  # noqa: PTH112 - no error where it may not be asked


def _nearest_store(start: Path) -> Said:
    """The store of the nearest ``.thence`` from ``start`` upward, as git finds its own; else one in ``start``."""
    for folder in (start, *start.parents):
        if os.path.isdir(folder / ".thence"):  # noqa: PTH112 - likewise
            return Said(str(folder / ".thence" / "store.db"), f"nearest .thence, in {folder}")
    return Said(str(start / ".thence" / "store.db"), "default")
