"""What ``thence.openai`` and ``thence.anthropic`` are made of: the real class, whose instances come wrapped."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

from thence.seams.cover import base_of
from thence.wrapping import wrap

__all__ = ["attributes_of", "clients_in"]


class _WrappedAtInit:
    """Base put before a real client class when somebody subclasses a drop-in name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wrap(self)


class DropIn:
    """Stands for a client class. Calling it constructs the real class and wraps the instance; all else is the class's.

    ``isinstance`` and ``issubclass`` ask the real class; a subclass derives from it.
    """

    def __init__(self, real: type) -> None:
        self.__wrapped__ = real
        self.__doc__ = real.__doc__
        self.__name__ = real.__name__
        self.__qualname__ = real.__qualname__
        self.__module__ = real.__module__

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return wrap(self.__wrapped__(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.__wrapped__)

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self.__wrapped__)

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (_WrappedAtInit, self.__wrapped__)

    def __eq__(self, other: object) -> bool:
        return other is self.__wrapped__ or (isinstance(other, DropIn) and other.__wrapped__ is self.__wrapped__)

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __repr__(self) -> str:
        return f"<{self.__wrapped__.__module__}.{self.__qualname__}, wrapped by Thence>"


def attributes_of(sdk: ModuleType) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that gives ``sdk``'s names, its client classes as drop-ins."""
    made: dict[type, DropIn] = {}

    def get(name: str) -> Any:
        value = getattr(sdk, name)
        if not _makes_clients(value):
            return value
        return made.setdefault(value, DropIn(value))

    return get


def clients_in(sdk: ModuleType) -> frozenset[str]:
    """The public names of ``sdk`` that are client classes."""
    return frozenset(name for name, value in vars(sdk).items() if not name.startswith("_") and _makes_clients(value))


def _makes_clients(value: object) -> bool:
    # Not isinstance(): to ask one of the lazy proxies of openai for its class is to load it.
    return issubclass(type(value), type) and base_of(cast("type", value)) is not None
