"""What is in force around a call: sessions, overrides, labels, and the call in flight.

A scope lives in a context variable. So it crosses ``await`` and into tasks by itself, a task's own sessions stay its
own, and a thread starts without one: run it in a copy of the context (``contextvars.copy_context().run``, which
``asyncio.to_thread`` does by itself). Nothing here patches threading.

Scopes form a chain. Each link keeps what it added and a merged view of the chain, made once on entering, so that a call
reads one object. Leaving takes one's own link out, wherever it stands by then: generators may leave in another order
than they entered, or in another context.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Generic, TypeVar

from thence.errors import ConfigError
from thence.params.chain import Layer, flat
from thence.params.layers import load
from thence.params.names import is_protected
from thence.params.origins import caller
from thence.params.source import ParameterSource

__all__ = ["Opening", "Scope", "current", "in_flight", "labelled", "layer", "newest", "override", "session"]

T = TypeVar("T")

in_flight: ContextVar[object | None] = ContextVar("thence.in_flight", default=None)
"""The call whose request is being sent; what a transport's hooks look for."""

newest: ContextVar[tuple[str, bytes] | None] = ContextVar("thence.newest", default=None)
"""Store and id of the call that was begun last in this context."""

_current: ContextVar[_Link | None] = ContextVar("thence.scope", default=None)


@dataclass(frozen=True)
class Scope:
    """What is in force, merged over every session, override and label around.

    Attributes:
        tract: which tract calls belong to; None leaves it to the client.
        branch: which branch; None leaves it to the client.
        layers: parameters' layers, innermost first.
        tags: of every session around, outermost first, each once.
        metadata: of every session around; the inner one's value stands.
        label: the innermost label, the name of a decorated function.
    """

    tract: str | None = None
    branch: str | None = None
    layers: tuple[Layer, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    label: str | None = None

    def within(self, outer: Scope) -> Scope:
        """This scope inside ``outer``."""
        return Scope(
            tract=self.tract or outer.tract,
            # A branch belongs to its tract: with another tract, the outer branch means nothing.
            branch=self.branch or (None if self.tract and self.tract != outer.tract else outer.branch),
            layers=self.layers + outer.layers,
            tags=tuple(dict.fromkeys(outer.tags + self.tags)),
            metadata={**outer.metadata, **self.metadata},
            label=self.label or outer.label,
        )


@dataclass(frozen=True, eq=False)
class _Link:
    """One entered scope: who entered it, what it added, what is in force, and the link around it."""

    opening: Opening
    added: Scope
    merged: Scope
    outer: _Link | None


def current() -> Scope | None:
    """What is in force here; None outside every session, override and label."""
    link = _current.get()
    return None if link is None else link.merged


class _Done(Generic[T]):
    """An awaitable that is done already: entering and leaving wait for nothing."""

    def __init__(self, value: T) -> None:
        self._value = value

    def __await__(self) -> Generator[None, None, T]:
        return self._value
        yield


class Opening:
    """Puts a scope in force, with ``with`` or ``async with``; may be entered again, also from several threads."""

    def __init__(self, added: Scope) -> None:
        self._added = added

    def __enter__(self) -> Scope:
        link = _linked(self, self._added, _current.get())
        _current.set(link)
        return link.merged

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.set(_without(_current.get(), self))

    def __aenter__(self) -> _Done[Scope]:
        return _Done(self.__enter__())

    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> _Done[None]:
        self.__exit__(kind, error, trace)
        return _Done(None)


def _linked(opening: Opening, added: Scope, outer: _Link | None) -> _Link:
    return _Link(opening, added, added if outer is None else added.within(outer.merged), outer)


def _without(link: _Link | None, opening: Opening) -> _Link | None:
    """The chain without the innermost link of ``opening``; the chain itself where it has none (another context)."""
    kept: list[_Link] = []
    while link is not None and link.opening is not opening:
        kept.append(link)
        link = link.outer
    if link is None:
        return kept[0] if kept else None
    left = link.outer
    for each in reversed(kept):
        left = _linked(each.opening, each.added, left)
    return left


def session(
    tract: str | None = None,
    branch: str | None = None,
    *,
    params: Mapping[str, Any] | None = None,
    preset: str | None = None,
    tags: Sequence[str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Opening:
    """Calls made inside belong to ``tract`` and ``branch``, and take ``params`` where they leave a parameter unset.

    Sessions nest: the inner one's values come first, what it leaves out is the outer one's.

    Args:
        tract: the line of context that calls belong to.
        branch: the branch whose head moves.
        params: parameter to value (source ``SESSION``).
        preset: name of a preset in ``thence.toml`` (source ``PRESET``).
        tags: kept with each call.
        metadata: kept with each call.

    Raises:
        ConfigError: there is no such preset, or a parameter would change the type of the answer.
    """
    layers: tuple[Layer, ...] = ()
    if params:
        layers = (layer(ParameterSource.SESSION, params),)
    if preset is not None:
        layers += load().preset(preset)
    return Opening(Scope(tract, branch, layers, tuple(tags or ()), dict(metadata or {})))


def override(**params: Any) -> Opening:
    """Calls made inside are sent with ``params``, whatever they ask for; what they asked for is kept as shadowed.

    Raises:
        ConfigError: a parameter would change the type of the answer (``stream``, ``n``, ``response_format``, ...).
    """
    return Opening(Scope(layers=(layer(ParameterSource.OVERRIDE, params),)))


def labelled(label: str | None = None, *, layers: Sequence[Layer] = ()) -> Opening:
    """Calls made inside carry ``label`` and take ``layers``."""
    return Opening(Scope(layers=tuple(layers), label=label))


def layer(source: ParameterSource, params: Mapping[str, Any]) -> Layer:
    """A layer of what the program says here.

    Raises:
        ConfigError: a parameter would change the type of the answer.
    """
    values = flat(params)
    origin = caller()
    for name, value in values.items():
        if is_protected(name, value):
            raise ConfigError(
                f"{name} can't be set from outside the call: it would change what the call returns",
                origin=origin,
                hint="pass it to the call itself",
            )
    return Layer(source, origin, dict(values))
