"""What covers a method of one client: callable as the method is, found again, and equal between a client and its copy.

The SDKs' own tests compare ``vars()`` of a client and its copy, so whatever a seam leaves on an instance compares equal
to every other of its kind and recorder.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, cast

from thence.seams.recording import Recorder

__all__ = ["Cover", "Seam", "base_of", "seam_of"]

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


class Cover:
    """A method covered on one instance. Equal to every other cover of the same kind and recorder."""

    def __init__(self, covered: Callable[..., Any], recorder: Recorder, seam: Seam) -> None:
        functools.update_wrapper(cast("Any", self), covered, (*functools.WRAPPER_ASSIGNMENTS, *_FUNCTION))
        self._recorder = recorder
        self._seam = seam

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._recorder is self._recorder

    def __hash__(self) -> int:
        return hash((type(self), id(self._recorder)))
