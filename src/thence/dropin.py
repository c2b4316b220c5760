"""What ``thence.openai`` and ``thence.anthropic`` are made of: the real class, whose instances come wrapped."""

from __future__ import annotations

import inspect
from abc import ABCMeta
from collections.abc import Callable
from types import ModuleType, new_class
from typing import Any, cast

from thence.seams.cover import base_of
from thence.wrapping import wrap

__all__ = ["attributes_of", "clients_in"]


class _WrappedAtInit:
    """Base put before a real client class when somebody subclasses a drop-in name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wrap(self)


class DropIn(ABCMeta):
    """What a drop-in name is of: a subclass of a client class, which itself has no instances.

    Calling it constructs the real class and wraps the instance; ``isinstance`` and ``issubclass`` ask the real class;
    all else is inherited. A class that derives from it derives from the real one, and is of no special kind.

    ``ABCMeta`` is here for those who derive from an abstract class, too: two kinds of class don't mix otherwise.
    """

    __wrapped__: type

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **given: Any) -> Any:
        if not any(isinstance(base, DropIn) for base in bases):
            return super().__new__(mcls, name, bases, namespace, **given)
        real: list[type] = []
        for base in bases:
            real += (_WrappedAtInit, base.__wrapped__) if isinstance(base, DropIn) else (base,)
        return new_class(name, tuple(real), given, lambda body: body.update(namespace))

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return wrap(cls.__wrapped__(*args, **kwargs))

    @property
    def __signature__(cls) -> inspect.Signature:
        return inspect.signature(cls.__wrapped__)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.__wrapped__)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, cls.__wrapped__)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.__wrapped__

    def __hash__(cls) -> int:
        return hash(cls.__wrapped__)

    def __repr__(cls) -> str:
        return f"<{cls.__wrapped__.__module__}.{cls.__qualname__}, wrapped by Thence>"


def _drop_in(real: type, module: str) -> DropIn:
    """The drop-in for a client class; ``module`` is where it is found by its name, as pickling does."""
    namespace = {"__wrapped__": real, "__doc__": real.__doc__, "__module__": module, "__qualname__": real.__qualname__}
    made: DropIn = DropIn(real.__name__, (real,), namespace)
    return made


def attributes_of(sdk: ModuleType) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that gives ``sdk``'s names, its client classes as drop-ins."""
    made: dict[type, DropIn] = {}

    def get(name: str) -> Any:
        value = getattr(sdk, name)
        if not _makes_clients(value):
            return value
        if value not in made:
            made[value] = _drop_in(value, f"thence.{sdk.__name__}")
        return made[value]

    return get


def clients_in(sdk: ModuleType) -> frozenset[str]:
    """The public names of ``sdk`` that are client classes."""
    return frozenset(name for name, value in vars(sdk).items() if not name.startswith("_") and _makes_clients(value))


def _makes_clients(value: object) -> bool:
    # Not isinstance(): to ask one of the lazy proxies of openai for its class is to load it.
    return issubclass(type(value), type) and base_of(cast("type", value)) is not None
