"""A configuration that somebody gives by hand, as the rows that a recorded call's has.

So one query finds both. Its values were asked for and, as far as anyone can know, sent; their source is the call, at
the line where they were given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, Union

from thence.errors import ThenceError
from thence.hashing import content_hash
from thence.params import Parameter, ParameterSource, ResolvedConfig
from thence.params.exact import Opaque, decode, encode, same
from thence.providers import common
from thence.providers.exact import dumps, loads
from thence.providers.shapes.chat_completions import CHAT_COMPLETIONS
from thence.store.batch import Batch
from thence.store.configuration import INLINE, columns_of, config_text, is_volatile, rows_of
from thence.store.projection import plain

__all__ = ["Configuration", "Settings", "settings"]

Row = dict[str, Any]


class Dumped(Protocol):
    """A Pydantic model."""

    def model_dump(self, *, exclude_unset: bool) -> dict[str, Any]:
        """Its fields."""
        ...


Configuration = Union[Mapping[str, Any], Dumped]
"""What users give as a generation config."""


class Settings(NamedTuple):
    """What a configuration is stored as.

    Attributes:
        name: of the configuration that calls share.
        text: the generation config of a commit.
        columns: the common fields of a call.
        own: rows of the parameters that the call keeps for itself.
        rows, blobs: of the shared ones, and what is too long for them.
    """

    name: bytes
    text: str
    columns: Row
    own: list[Row]
    rows: list[Row]
    blobs: dict[bytes, bytes]

    def offer(self, batch: Batch, tract: str) -> None:
        """Put the shared configuration and the blobs into a batch."""
        batch.configuration(tract, self.name, self.rows)
        for name, content in self.blobs.items():
            batch.blob(tract, name, content)


def settings(given: Configuration, origin: str | None) -> Settings:
    """The rows of a configuration, which was given at ``origin``: a mapping, or of a model the fields that were set.

    Raises:
        ThenceError: it is neither, or a name is no text.
    """
    config = given if isinstance(given, Mapping) else _dumped(given)
    for name in config:
        if not isinstance(name, str):
            raise ThenceError(f"{name!r} is no name of a parameter", hint="parameters are named by text")
    values = {name: _kept(value) for name, value in config.items()}
    found = {name: _parameter(name, value, origin) for name, value in values.items()}
    blobs: dict[bytes, bytes] = {}
    shared: list[Row] = []
    own: list[Row] = []
    for name, parameter in found.items():
        rows, story = rows_of(parameter)
        if is_volatile(name):
            if story:
                rows[0].update(record=story[1], record_hash=None)
            own += [{**row, "exact": None} for row in rows]
            continue
        shared += rows
        if story:
            blobs[story[0]] = story[1]
    large = _large(values)
    blobs |= {content_hash(text): text for text in large.values()}
    configuration = ResolvedConfig(parameter for name, parameter in found.items() if not is_volatile(name))
    text = config_text(values, {name: content_hash(text) for name, text in large.items()})
    return Settings(content_hash(configuration.to_json().encode()), text, _columns(values), own, shared, blobs)


def _dumped(model: Any) -> Mapping[str, Any]:
    dump = getattr(model, "model_dump", None)
    config = dump(exclude_unset=True) if callable(dump) else None
    if not isinstance(config, Mapping):
        raise ThenceError(
            f"a {type(model).__name__} is no configuration", hint='give a dict or a model: {"temperature": 0.2}'
        )
    return config


def _kept(value: Any) -> Any:
    """The value as it reads back: a copy that nobody else can change."""
    return decode(encode(value))


def _parameter(name: str, value: Any, origin: str | None) -> Parameter:
    state = "null" if value is None else "sent"
    return Parameter(name, value, ParameterSource.CALL, origin, asked=value, sent=value, state=state)  # type: ignore[arg-type]


def _large(values: Mapping[str, Any]) -> dict[str, bytes]:
    """Members that stand in blobs of their own, as exact JSON text: where such a text says all."""
    found = {}
    for name, value in values.items():
        if isinstance(value, (str, list, dict)) and not isinstance(value, Opaque):
            try:
                text = dumps(value)
                if len(text) > INLINE and same(plain(loads(text)), value):
                    found[name] = text.encode("utf-8", "surrogatepass")
            except (RecursionError, TypeError, ValueError):
                continue  # a value that plain JSON can't say stands in the commit's row, tagged
    return found


def _columns(values: Mapping[str, Any]) -> Row:
    view = common(CHAT_COMPLETIONS, values)
    view.setdefault("max_tokens", values.get("max_output_tokens"))
    return columns_of(view)
