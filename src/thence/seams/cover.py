"""What covers a method of one client: callable as the method is, found again, and equal between a client and its copy.

The SDKs' own tests compare ``vars()`` of a client and its copy, so whatever a seam leaves on an instance compares equal
to every other of its kind and recorder.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from typing import Any, TypeGuard, cast

from thence.seams.recording import Recorder, Recording

__all__ = ["Cover", "Covering", "Seam", "base_of", "covers", "is_cover", "seam_of"]

_BASES = ("SyncAPIClient", "AsyncAPIClient")


def base_of(kind: type) -> type | None:
    """The generated base class of a Stainless client class, by its name: no SDK is imported to find out."""
    for cls in kind.__mro__:
        if cls.__name__ in _BASES and cls.__module__.endswith("._base_client"):
            return cls
    return None


class Seam:
    """What is known of one client class: its SDK, version, and whether its methods are coroutines."""

    def __init__(self, base: type) -> None:
        self.is_async = base.__name__.startswith("Async")
        self.package = base.__module__.removesuffix("._base_client")
        self.sdk = self.package.partition(".")[
            0
        ]  # of `cerebras.cloud.sdk`, the first name tells whose frames are its own
        version = getattr(sys.modules.get(self.package), "__version__", "")
        self.sdk_version = f"{self.sdk} {version}".strip()


@functools.lru_cache(maxsize=64)
def seam_of(base: type) -> Seam:
    """The seam of a client class, by its generated base class."""
    return Seam(base)


_FUNCTION = ("__code__", "__defaults__", "__kwdefaults__")
"""With these, ``inspect`` takes an object for a function, and a coroutine function for what it is."""


class Covering:
    """One client, covered once: what all its covers share.

    Attributes:
        client: the client.
        recorder: what its calls are recorded with; None once it is covered no more, whoever still holds a cover.
        seam: what is known of its class.
        flying: the calls whose method has not returned yet.
    """

    __slots__ = ("client", "flying", "recorder", "seam")

    def __init__(self, client: Any, recorder: Recorder, seam: Seam) -> None:
        self.client = client
        self.recorder: Recorder | None = recorder
        self.seam = seam
        self.flying: set[Recording] = set()


class Cover:
    """A method covered on one instance. Equal to every other cover of the same kind and recorder.

    Args:
        covering: whose method it is.
        name: of the method.

    Attributes:
        own: what stood on the instance before, and stands there again when the cover goes; None for the class's method.
    """

    def __init__(self, covering: Covering, name: str) -> None:
        client = covering.client
        own = client.__dict__.get(name)
        if is_cover(own):  # left behind, or come with a copied __dict__
            own = own.own
        covered = _of_class(client, name) if own is None else own
        functools.update_wrapper(cast("Any", self), covered, (*functools.WRAPPER_ASSIGNMENTS, *_FUNCTION))
        self.own: Any = own
        self.covering, self._name = covering, name

    @property
    def method(self) -> Any:
        """What is covered: of a class's method, the one that the class has by now."""
        return _of_class(self.covering.client, self._name) if self.own is None else self.own

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.covering.recorder is self.covering.recorder

    def __hash__(self) -> int:
        return hash((type(self), id(self.covering.recorder)))


def is_cover(value: object) -> TypeGuard[Cover]:
    """Whether ``value`` is a cover itself: a wrapper that a program has put around one says that it is one, too."""
    return issubclass(type(value), Cover)


def covers(client: Any) -> Iterator[Cover]:
    """The covers on ``client`` that are its own and in force."""
    for value in list(getattr(client, "__dict__", {}).values()):
        if is_cover(value) and value.covering.client is client and value.covering.recorder is not None:
            yield value


def _of_class(client: Any, name: str) -> Any:
    """The attribute ``name`` of an instance as its class gives it, whatever the instance has under that name."""
    kind = type(client)
    for cls in kind.__mro__:
        if name in cls.__dict__:
            found = cls.__dict__[name]
            bind = getattr(type(found), "__get__", None)
            return found if bind is None else bind(found, client, kind)
    return None
