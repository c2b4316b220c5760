"""What a decorated function's parameters hold while it runs, so that a call made inside can tell who set them.

Inside ``def ask(question, temperature=0.3)`` the call ``create(temperature=temperature)`` looks the same whether the
caller of ``ask`` passed a temperature or left it to the default. The two are told apart by the object: where the call
is given, under the same name, the very object that the function's parameter holds, the value came through it. Of a list
or a dict an SDK makes another one on the way, of the very same members. Values are never compared, and nothing is kept
beyond the function's own run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from thence.frames import Asked

__all__ = ["Passing", "attributed", "entered", "within"]


@dataclass(eq=False)
class Passing:
    """One run of a decorated function.

    Attributes:
        passed: parameters that the function's caller gave, by name.
        defaults: parameters of the function that have a default, by name.
        caller: the place of the function's caller.
        site: the place of the function itself.
        outer: the run of the decorated function around.
        called: whether a call of a wrapped client was made inside.
    """

    passed: Mapping[str, Any]
    defaults: Mapping[str, Any]
    caller: str | None
    site: str | None
    outer: Passing | None = None
    called: bool = field(default=False)

    def note_call(self) -> None:
        """A call was recorded inside: neither this function nor one around it is a call of its own."""
        run: Passing | None = self
        while run is not None and not run.called:
            run.called = True
            run = run.outer


_run: ContextVar[Passing | None] = ContextVar("thence.callsite", default=None)


@contextmanager
def entered(run: Passing) -> Iterator[None]:
    """Calls made inside are calls of ``run``. Not a token: a generator may be resumed in another context."""
    outer = _run.get()
    _run.set(run)
    try:
        yield
    finally:
        _run.set(outer)


def within() -> Passing | None:
    """The innermost run of a decorated function here."""
    return _run.get()


def attributed(asked: list[Asked], arguments: Mapping[str, Any]) -> list[Asked]:
    """What was asked at a call, with the values that came through a decorated function's parameters put where they
    came from. The call is noted. ``asked`` is extended in place and returned.

    A default that reached the call is the ``DECORATOR``'s; what the function's caller passed stays a ``CALL``, with
    the caller's own place, and shadows the default.
    """
    run = _run.get()
    if run is None:
        return asked
    run.note_call()
    by_default = [n for n, value in run.defaults.items() if n not in run.passed and _is(arguments.get(n, run), value)]
    by_caller = [n for n, value in run.passed.items() if _is(arguments.get(n, run), value)]
    values = {name: run.defaults[name] for name in by_caller if name in run.defaults}
    same: list[str] = []
    for layer in asked:
        if layer.source == "CALL":
            same += [name for name in layer.same if name in by_default]
            values |= {name: value for name, value in layer.values.items() if name in by_default}
            _relocate(layer, by_default, by_caller, run.caller)
    if same or values:
        asked.append(Asked("DECORATOR", run.site, values=values, same=same))
    return asked


_MOST = 100  # members, beyond which a container is not looked into
_DEEPEST = 8


def _is(given: Any, value: Any, depth: int = 0) -> bool:
    """Whether ``given`` is the object ``value``, or was made of its members."""
    if given is value:
        return True
    if depth == _DEEPEST or type(given) not in {dict, list} or not 0 < len(given) <= _MOST:
        return False
    if type(given) is dict and type(value) is dict:
        return given.keys() == value.keys() and all(_is(given[name], value[name], depth + 1) for name in given)
    if type(given) is list and type(value) in {list, tuple} and len(given) == len(value):
        return all(_is(one, other, depth + 1) for one, other in zip(given, value, strict=True))
    return False


def _relocate(layer: Asked, by_default: Sequence[str], by_caller: Sequence[str], caller: str | None) -> None:
    """Take what is the function's own default out, and say of what its caller passed where that was."""
    layer.same = [name for name in layer.same if name not in by_default]
    layer.values = {name: value for name, value in layer.values.items() if name not in by_default}
    if caller is not None:
        through = [n for n in (*layer.same, *layer.values) if n in by_caller and n not in layer.origins]
        layer.origins = {**layer.origins, **dict.fromkeys(through, caller)}
