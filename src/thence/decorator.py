"""``record``: the decorator of functions that call a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from thence import faults
from thence.params import Layer, load_quietly
from thence.seams.callsite import Site, decorated
from thence.seams.recording import Recorder
from thence.settings import is_disabled
from thence.wrapping import recorder_for

__all__ = ["record"]

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def record(function: Function, /) -> Function: ...


@overload
def record(
    *,
    preset: str | None = None,
    extract: Callable[[Any], Any] | None = None,
    label: str | None = None,
    **params: Any,
) -> Callable[[Function], Function]: ...


def record(
    function: Callable[..., Any] | None = None,
    /,
    *,
    preset: str | None = None,
    extract: Callable[[Any], Any] | None = None,
    label: str | None = None,
    **params: Any,
) -> Any:
    """Name the model calls made inside a function after it; record the function itself where it is the call.

    Use it bare, ``@thence.record``, or with arguments, ``@thence.record(temperature=0.2)``. Functions, methods, class
    and static methods, coroutine functions, generators and async generators stay what they are.

    Args:
        function: what is decorated.
        preset: name of a preset that fills what calls made inside leave unset (source ``PRESET``).
        extract: takes what the function returns (of a generator, the list of what it yielded) and gives the answer in
            it: an SDK's object, text, or a dict with ``text``, ``usage``, ``model``, ``finish_reason``, ``id``.
        label: what calls made inside are labelled with; by default the function's qualified name.
        **params: parameters that calls made inside take where they leave them unset (source ``DECORATOR``).
    """
    if function is None:
        return lambda decoratee: _covered(decoratee, preset, extract, label, params)
    return _covered(function, preset, extract, label, params)


def _covered(
    function: Callable[..., Any],
    preset: str | None,
    extract: Callable[[Any], Any] | None,
    label: str | None,
    params: dict[str, Any],
) -> Any:
    def presets() -> tuple[Layer, ...]:
        with faults.guard("preset of a decorator"):
            return () if preset is None else load_quietly().preset(preset)
        return ()

    def recorder() -> Recorder | None:
        return None if is_disabled() else recorder_for(preset=preset)

    return decorated(Site(function, recorder, params, presets, extract, label))
