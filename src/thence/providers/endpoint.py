"""What a row of a provider table says.

A row describes the wire and nothing else: no SDK, no sync or async, no provider. Hosts are not part of it either, since
dozens of hosts speak the same shape; the end of the path decides. What a row does not call content is a parameter, so a
parameter that a vendor adds tomorrow is captured today.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec

from thence.providers.canonical import Canonical, message
from thence.providers.sse import Event

__all__ = ["COMMON", "VOLATILE", "Content", "Endpoint", "Folded", "dig", "route_pattern"]

VOLATILE = frozenset(
    {
        "user",
        "metadata",
        "seed",
        "random_seed",
        "prompt_cache_key",
        "safety_identifier",
        "previous_response_id",
        "session_id",
        "trace",
        "request_id",
        "labels",
        "requestMetadata",
        "thread",
        "diagnostics",
        "files",
    }
)
"""Top-level parameters that may differ on every call: they never make a new configuration or a new shape."""

COMMON = {
    "request.model": ("model",),
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "top_k": ("top_k",),
    "max_tokens": ("max_completion_tokens", "max_output_tokens", "max_tokens"),
    "stop": ("stop", "stop_sequences"),
    "seed": ("seed", "random_seed"),
    "frequency_penalty": ("frequency_penalty",),
    "presence_penalty": ("presence_penalty",),
    "choice_count": ("n",),
    "stream": ("stream",),
}
"""Common names, and the names under which most shapes know them; the first that is there counts."""


class Content(msgspec.Struct, frozen=True):
    """A field of the body that holds context. A ``growing`` one is an array whose elements are items."""

    field: str
    growing: bool = False


class Folded(msgspec.Struct):
    """A streamed answer in the shape of one that is not: its body, whether its end was seen, an error inside."""

    body: Any
    complete: bool
    error: Any = None


def _no_choices(body: Any) -> list[list[Any]]:
    del body
    return []


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One wire shape.

    Args:
        name: how Thence calls it.
        operation: what it does, as OpenTelemetry's GenAI conventions call it where they do.
        routes: path endings, ``{x}`` for one segment; the longest that fits wins.
        methods: HTTP methods.
        content: the fields that hold context, in the order of the conversation; at most one grows.
        former: the canonical form of a value in one of these fields.
        choices: the answer's items per choice, in the form in which a caller sends them back.
        retold: a message of chat completions, and whether it was streamed, in the words of this shape.
        fold: a stream's events as one body; None where the answer is never streamed.
        id, model, finish, usage, error: where these lie in an answer; the first path that leads somewhere counts.
        counted: members of the answer itself that count tokens, where it has no usage object.
        headers: usage that comes as response headers: name in the usage object to header.
        echoed: parameters that the answer repeats, and where.
        echoed_whole: objects in the answer whose members are all values that were used.
        common: common names and where they lie in the parameters.
        injected: parameters that an SDK adds by itself, and the value that it gives them.
        conversation: whether answers are items that may be sent back.
        provider: who is behind a loopback port that speaks this shape, where only one does.
    """

    name: str
    operation: str
    routes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("POST",)
    content: tuple[Content, ...] = ()
    former: Callable[[str, Any], Canonical] = message
    choices: Callable[[Any], Sequence[Sequence[Any]]] = _no_choices
    retold: Callable[[dict[str, Any], bool], dict[str, Any]] | None = None
    fold: Callable[[Sequence[Event]], Folded] | None = None
    id: tuple[str, ...] = ("id",)
    model: tuple[str, ...] = ("model",)
    finish: tuple[str, ...] = ()
    usage: tuple[str, ...] = ("usage",)
    counted: tuple[str, ...] = ()
    error: tuple[str, ...] = ("error",)
    headers: Mapping[str, str] = MappingProxyType({})
    echoed: Mapping[str, str] = MappingProxyType({"model": "model"})
    echoed_whole: tuple[str, ...] = ()
    common: Mapping[str, tuple[str, ...]] = MappingProxyType(COMMON)
    injected: Mapping[str, Any] = MappingProxyType({})
    conversation: bool = False
    provider: str | None = None

    @property
    def asks(self) -> bool:
        """Whether a call asks for something, and does not look what became of another."""
        return "POST" in self.methods

    @property
    def growing(self) -> str:
        """The field whose elements are items; the field of the answer's items too."""
        return next((content.field for content in self.content if content.growing), "")


def dig(value: Any, path: str) -> Iterator[Any]:
    """Every value at a dotted path; ``*`` stands for each element of a list. What is not there gives nothing."""
    name, _, rest = path.partition(".")
    if name == "*":
        found = value if isinstance(value, list) else []
    elif isinstance(value, dict) and name in value:
        found = [value[name]]
    else:
        found = []
    for inner in found:
        if rest:
            yield from dig(inner, rest)
        else:
            yield inner


def route_pattern(route: str) -> re.Pattern[str]:
    """A route as a pattern over the end of a path: ``{model}`` becomes a group, ``{model:...}`` one with a pattern."""
    pieces = re.split(r"\{(\w+)(?::(.*?))?\}", route)
    pattern = re.escape(pieces[0])
    for name, inner, literal in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        pattern += f"(?P<{name}>{inner or '[^/]+?'}){re.escape(literal)}"
    return re.compile(f"{pattern}/?$")
