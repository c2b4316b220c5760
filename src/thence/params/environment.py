"""The environment as a layer: ``THENCE_PARAM_*``, ``THENCE_OVERRIDES`` and the settings, from variables and ``.env``.

``THENCE_PARAM_TEMPERATURE=0.2`` sets ``temperature``; two underscores go into an object
(``THENCE_PARAM_REASONING__EFFORT=low``). A value is read as JSON, else as a TOML value, else it is the text itself; put
JSON quotes around a text that looks like a number. An empty value is an unset one. A real variable comes before the
same name in ``.env``, and both are kept apart. ``THENCE_OVERRIDES`` is a JSON object, set by ``thence run --set``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

from thence import faults
from thence.errors import ConfigError
from thence.params.chain import Layer, flat
from thence.params.files import Said
from thence.params.known import SETTINGS, check_json, check_kind, check_parameter, slip
from thence.params.origins import project_root, relative
from thence.params.source import ParameterSource
from thence.params.toml import parse, text_of

__all__ = ["OVERRIDES", "Environment", "Variable", "find_dotenv", "read_environment"]

PREFIX: Final = "THENCE_PARAM_"
OVERRIDES: Final = "THENCE_OVERRIDES"
SELECTORS: Final = ("THENCE_CONFIG", "THENCE_PROFILE")
_VARIABLES: Final = {f"THENCE_{name.upper()}": name for name in SETTINGS}


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable's text, and where it was set: its name, or ``.env:line`` and the folder of that file."""

    name: str
    text: str
    origin: str
    folder: Path | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """What the environment says.

    Attributes:
        layers: overrides, real variables, ``.env``.
        settings: name to what is said of it, real variables first; values are text.
        selectors: ``THENCE_CONFIG`` and ``THENCE_PROFILE``, where set.
    """

    layers: tuple[Layer, ...]
    settings: Mapping[str, tuple[Said, ...]]
    selectors: Mapping[str, Variable]


def find_dotenv(start: Path) -> Path | None:
    """The nearest ``.env`` from ``start`` upward, not above the project's root."""
    root = project_root(start)
    for folder in (start, *start.parents):
        if os.path.isfile(folder / ".env"):  # noqa: PTH113 - no error where it may not be asked
            return folder / ".env"
        if folder == root:
            break
    return None


def read_environment(environ: Mapping[str, str], dotenv: Path | None = None) -> Environment:
    """What ``environ`` and the file ``dotenv`` say.

    Raises:
        ConfigError: a variable says something impossible, or ``dotenv`` can't be read.
    """
    real = [Variable(name, text, name) for name, text in environ.items() if name.startswith("THENCE_") and text]
    from_file = list(_dotenv(dotenv, environ)) if dotenv else []
    layers = [*_overrides(real), *_params(real), *_params(from_file)]
    settings: dict[str, tuple[Said, ...]] = {}
    selectors: dict[str, Variable] = {}
    for variable in (*real, *from_file):
        if variable.name in _VARIABLES:
            name = _VARIABLES[variable.name]
            settings[name] = (*settings.get(name, ()), Said(variable.text, variable.origin, variable.folder))
        elif variable.name in SELECTORS:
            selectors.setdefault(variable.name, variable)
        elif not variable.name.startswith(PREFIX) and variable.name != OVERRIDES:
            _suspect(variable)
    return Environment(tuple(layers), settings, selectors)


def _suspect(variable: Variable) -> None:
    """Refuse a variable that is probably a slip of a known one; others may be somebody else's."""
    meant = slip(variable.name, (*_VARIABLES, *SELECTORS, OVERRIDES), 0.9)
    if meant:
        raise ConfigError(f"unknown variable {variable.name}: did you mean {meant}?", origin=variable.origin)


def _dotenv(path: Path, environ: Mapping[str, str]) -> Iterator[Variable]:
    """Thence's variables in ``.env``, as python-dotenv reads it: references to other variables included, and of one
    that is given twice the last.
    """
    if not _speaks(path):
        return
    text = text_of(path).replace("\r\n", "\n")
    from dotenv.parser import parse_stream
    from dotenv.variables import parse_variables

    known: dict[str, str | None] = {}
    found: dict[str, Variable] = {}
    for binding in parse_stream(StringIO(text)):
        original = binding.original.string
        blank = len(original) - len(original.lstrip())
        line = binding.original.line + original.count("\n", 0, blank)
        if binding.error and "THENCE_" in original:
            raise ConfigError("can't be read as NAME=value", origin=f"{relative(path)}:{line}")
        if binding.key is None or binding.value is None:
            continue
        scope = {**known, **environ}
        value = "".join(atom.resolve(scope) for atom in parse_variables(binding.value))
        known[binding.key] = value
        if binding.key.startswith("THENCE_"):
            found[binding.key] = Variable(binding.key, value, f"{relative(path)}:{line}", path.parent)
    yield from (variable for variable in found.values() if variable.text)


def _speaks(path: Path) -> bool:
    """Whether a ``.env`` says anything of Thence: one that doesn't is somebody else's, in whatever encoding, and one
    that can't be read is told of and no reason to stop a program.
    """
    try:
        with path.open("rb") as file:
            return any(b"THENCE_" in line for line in file)
    except OSError as error:
        faults.note("configuration", f"{relative(path)} can't be read: {error.strerror}")
        return False


def _sets(variable: Variable) -> bool:
    return variable.name.startswith(PREFIX)


def _params(variables: list[Variable]) -> Iterator[Layer]:
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    named = [(variable, variable.name[len(PREFIX) :].lower().split("__")) for variable in variables if _sets(variable)]
    for variable, (name, *inner) in sorted(named, key=lambda each: len(each[1])):  # a whole object before its members
        value = _put(values.get(name), inner, _value(variable.text), variable)
        if name == "extra_body":
            check_kind(name, value, "table", variable.origin)
            origins.update(dict.fromkeys(inner[:1] or value, variable.origin))
        else:
            check_parameter(name, value, variable.origin)
            origins[name] = f"{origins[name]}, {variable.origin}" if inner and name in origins else variable.origin
        values[name] = value
    if values:
        first = next(iter(origins.values()), None)
        yield Layer(ParameterSource.ENV, first, flat(values), origins)


def _put(whole: Any, inner: list[str], value: Any, variable: Variable) -> Any:
    """``value`` at the keys ``inner`` of the object ``whole``."""
    if not inner:
        return value
    if whole is None:
        whole = {}
    if not isinstance(whole, dict):
        raise ConfigError("goes into an object that another variable sets to something else", origin=variable.origin)
    return {**whole, inner[0]: _put(whole.get(inner[0]), inner[1:], value, variable)}


def _value(text: str) -> Any:
    """A variable's text as a value: JSON, else TOML, else itself."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass
    if "\n" not in text:
        try:
            value = parse(f"value = {text}", Path("value")).values["value"]
            check_json("value", value, "value")
        except (ConfigError, KeyError):
            return text
        return value
    return text


def _no_constant(name: str) -> None:
    """Python reads NaN as JSON, which has no such word."""
    raise ValueError(name)


def _overrides(variables: list[Variable]) -> Iterator[Layer]:
    for variable in variables:
        if variable.name != OVERRIDES:
            continue
        try:
            values = json.loads(variable.text)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"is no JSON object: {error}", origin=OVERRIDES) from error
        check_kind(OVERRIDES, values, "table", OVERRIDES)
        for name, value in flat(values).items():
            check_parameter(name, value, OVERRIDES)
        yield Layer(ParameterSource.OVERRIDE, "thence run --set", values)
