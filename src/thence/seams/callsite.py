"""The seam of a decorated function: names the calls made inside, or is the call itself.

What a function turns out to be is known when it has returned. Where a wrapped client was called inside, the function is
a label on those calls and no more. Where none was, and it returned (or raised) something, the function is what talked
to the model: it is recorded as one call, from its bound arguments and what it returned, before its caller sees that.

The four kinds of function differ in one thing, the moments at which their bodies run: at the call, at each ``await`` of
the coroutine, at each step of the generator. A coroutine's body runs in one context, so its scope is set once. A
generator's body runs in the context of whoever resumes it, so the scope is set around each step and nothing stays set
across a ``yield``.
"""

from __future__ import annotations

import inspect
import os
import sys
import time
import weakref
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MethodType
from typing import Any

import wrapt

from thence import faults, scope
from thence.params import Layer, ParameterSource
from thence.params.origins import file_of, place
from thence.seams.callsite_record import Outcome, record
from thence.seams.callsite_values import Passing, entered, within
from thence.seams.origin import call_origin
from thence.seams.recording import Recorder, now
from thence.settings import is_disabled

__all__ = ["Site", "decorated"]


@dataclass
class Site:
    """A decorated function and what its decorator was given.

    Attributes:
        function: as it was decorated; a descriptor where it was a ``classmethod`` or ``staticmethod``.
        recorder: gives what to record with; None where recording is off.
        values: the decorator's parameters.
        presets: gives the layers of the decorator's preset.
        extract: makes an answer of what the function returns.
        label: what calls made inside are labelled with.
    """

    function: Callable[..., Any]
    recorder: Callable[[], Recorder | None]
    values: Mapping[str, Any] = field(default_factory=dict)
    presets: Callable[[], tuple[Layer, ...]] = tuple
    extract: Callable[[Any], Any] | None = None
    label: str | None = None

    @cached_property
    def name(self) -> str:
        """The label, else the function's qualified name."""
        return self.label or str(getattr(self.function, "__qualname__", type(self.function).__qualname__))

    @cached_property
    def origin(self) -> str | None:
        """Where the function is defined."""
        code = getattr(inspect.unwrap(getattr(self.function, "__func__", self.function)), "__code__", None)
        return None if code is None else place(file_of(code), code.co_firstlineno, code.co_name)

    @cached_property
    def opening(self) -> scope.Opening:
        """The scope of the calls made inside."""
        layers = (Layer(ParameterSource.DECORATOR, self.origin, dict(self.values)),) if self.values else ()
        return scope.labelled(self.name, layers=(*layers, *self.presets()))

    @cached_property
    def _signatures(self) -> dict[bool, inspect.Signature]:
        return {}

    def bound(self, wrapped: Callable[..., Any], args: Any, kwargs: Any, *, is_bound: bool) -> inspect.BoundArguments:
        """The arguments by name. Raises what the call itself would raise."""
        signature = self._signatures.get(is_bound)
        if signature is None:
            signature = self._signatures[is_bound] = inspect.signature(wrapped)
        return signature.bind(*args, **kwargs)


class Run:
    """One run of a decorated function, from its call to its end."""

    __slots__ = ("_at", "_began", "_entered", "_origin", "_over", "_pid", "_pieces", "_site", "passing")

    def __init__(self, site: Site, bound: inspect.BoundArguments) -> None:
        self._site = site
        self._at = now()
        self._began = time.perf_counter_ns()
        self._origin = call_origin("wrapt", depth=3)
        self._pieces: list[Any] = []
        self._over = False
        self._pid = os.getpid()
        self.passing = Passing(
            passed=_flat(bound),
            defaults=_defaults(bound.signature),
            caller=None if self._origin is None else place(self._origin.file, self._origin.line, self._origin.function),
            site=site.origin,
            outer=within(),
        )

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What runs here runs inside the function."""
        with self._site.opening, entered(self.passing):
            yield

    def passes(self, piece: Any) -> None:
        """A generator yields ``piece``."""
        if not self.passing.called:
            self._pieces.append(piece)

    def ends(self, status: str, result: Any = None, error: BaseException | None = None) -> None:
        """The function is over; only the first word counts. Never raises."""
        if self._over or os.getpid() != self._pid:
            return  # a forked child lets go of a generator that its parent goes on reading
        self._over = True
        pieces, self._pieces = self._pieces, []
        if self.passing.called or (result is None and error is None and not pieces):
            return
        self.passing.note_call()  # a decorated function around this one is none of its own
        with faults.guard("recording a function"):
            recorder = self._site.recorder()
            if recorder is not None:
                outcome = Outcome(status, result, pieces, error, time.perf_counter_ns() - self._began)
                with self._site.opening:
                    record(recorder, self._site, self.passing, outcome, at=self._at, origin=self._origin)

    def breaks(self, error: BaseException) -> None:
        """The function raised ``error``, which goes on to its caller as it is."""
        self.ends("failed" if isinstance(error, Exception) else "interrupted", error=error)


def _flat(bound: inspect.BoundArguments) -> dict[str, Any]:
    """What the caller passed, with the members of ``**kwargs`` in its place."""
    passed = dict(bound.arguments)
    for name, parameter in bound.signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            passed.update(passed.pop(name, {}))
    return passed


def _defaults(signature: inspect.Signature) -> dict[str, Any]:
    return {n: p.default for n, p in signature.parameters.items() if p.default is not p.empty}


def _is_class_of(function: Any, first: Any) -> bool:
    """Whether ``function`` is what a classmethod of the class ``first`` covers."""
    if not isinstance(first, type):
        return False
    name = getattr(function, "__name__", "")
    return any(isinstance(vars(base).get(name), classmethod) for base in first.__mro__)


def decorated(site: Site) -> Any:
    """The function of ``site``, covered: whatever kind it is, it stays that kind."""

    def call(wrapped: Callable[..., Any], instance: Any, args: Any, kwargs: Any) -> Any:
        if instance is None and args and _is_class_of(wrapped, args[0]):
            # Since Python 3.13 a classmethod does not bind what it covers: the class comes as the first argument.
            wrapped, instance, args = MethodType(wrapped, args[0]), args[0], args[1:]
        run = _begun(site, wrapped, args, kwargs, is_bound=instance is not None)
        if run is None:
            return wrapped(*args, **kwargs)
        try:
            with run.inside():
                result = wrapped(*args, **kwargs)
        except BaseException as error:
            run.breaks(error)
            raise
        return _followed(run, result)

    return _Function(site.function, call, enabled=_enabled)


def _begun(site: Site, wrapped: Callable[..., Any], args: Any, kwargs: Any, *, is_bound: bool) -> Run | None:
    """A run; None where there is none to record. The function says better what is wrong with its arguments."""
    try:
        return Run(site, site.bound(wrapped, args, kwargs, is_bound=is_bound))
    except TypeError as error:
        if faults.from_outside(error):
            raise
    except Exception as error:
        faults.note("calling a function", error)
    return None


def _enabled() -> bool:
    """Asked at each call: where recording is switched off, a covered function costs what it costs without."""
    return not is_disabled()


class _Function(wrapt.FunctionWrapper[Any, Any]):
    """A covered function. It is pickled by its name and copied as itself, as functions are."""

    def __reduce_ex__(self, _protocol: Any) -> str:
        return str(self.__qualname__)

    def __copy__(self) -> _Function:
        return self

    def __deepcopy__(self, _memo: Any) -> _Function:
        return self

    def __repr__(self) -> str:
        return repr(self.__wrapped__)


def _followed(run: Run, result: Any) -> Any:
    """What a call gave: the end of the run, or something that runs on and is followed to its end."""
    for is_kind, follow in _KINDS:
        if is_kind(result):
            followed = follow(run, result)
            followed.__name__, followed.__qualname__ = result.__name__, result.__qualname__
            if follow is _awaited:
                weakref.finalize(followed, _let_go, result).atexit = False
            return followed
    run.ends("completed", result)
    return result


def _let_go(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Close a coroutine whose follower was closed or cancelled unbegun: it is not to warn that nobody awaited it."""
    if inspect.getcoroutinestate(coroutine) == inspect.CORO_CREATED:
        coroutine.close()


async def _awaited(run: Run, coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        with run.inside():
            result = await coroutine
    except BaseException as error:
        run.breaks(error)
        raise
    return _followed(run, result)


def _stepped(run: Run, generator: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    step: Callable[[], Any] = lambda: next(generator)  # noqa: E731
    try:
        while True:
            with run.inside():
                try:
                    item = step()
                except StopIteration as stop:
                    result = stop.value
                    break
            run.passes(item)
            try:
                sent = yield item
            except GeneratorExit:
                with run.inside():
                    generator.close()
                raise
            except BaseException as thrown:
                step = _throwing(generator.throw, thrown)
            else:
                step = _sending(generator.send, sent)
    except GeneratorExit:
        run.ends("closed")
        raise
    except BaseException as error:
        run.breaks(error)
        raise
    run.ends("completed", result)
    return result


def _throwing(throw: Callable[[BaseException], Any], error: BaseException) -> Callable[[], Any]:
    return lambda: throw(error)


def _sending(send: Callable[[Any], Any], value: Any) -> Callable[[], Any]:
    return lambda: send(value)


def _unhooked(first: Callable[[], Any]) -> Any:
    """The first step of a generator that the event loop is not to close by itself: its follower does."""
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return first()
    finally:
        sys.set_asyncgen_hooks(*hooks)


async def _stepped_async(run: Run, generator: AsyncGenerator[Any, Any]) -> AsyncGenerator[Any, Any]:
    step: Callable[[], Any] = partial(_unhooked, generator.__anext__)
    try:
        while True:
            with run.inside():
                try:
                    item = await step()
                except StopAsyncIteration:
                    break
            run.passes(item)
            try:
                sent = yield item
            except GeneratorExit:
                with run.inside():
                    await generator.aclose()
                raise
            except BaseException as thrown:
                step = _throwing(generator.athrow, thrown)
            else:
                step = _sending(generator.asend, sent)
    except GeneratorExit:
        run.ends("closed")
        raise
    except BaseException as error:
        run.breaks(error)
        raise
    run.ends("completed")


_KINDS: tuple[tuple[Callable[[Any], bool], Callable[[Run, Any], Any]], ...] = (
    (inspect.iscoroutine, _awaited),
    (inspect.isgenerator, _stepped),
    (inspect.isasyncgen, _stepped_async),
)
