"""Clients made later in the process come covered, with no change to the program.

A Stainless client is complete when its generated base class's ``__init__`` returns: :func:`install` covers that one
method of the base classes of the SDKs it knows, those that are imported already and, by an import hook, those that are
imported later. :func:`uninstall` gives the methods back; clients that were made meanwhile stay covered.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

from wrapt import register_post_import_hook

from thence import faults
from thence.seams import stainless
from thence.seams.recording import Recorder

__all__ = ["Installed", "Told", "gave", "install", "installed", "restore", "uninstall"]

SDKS = ("openai", "anthropic", "groq", "together", "cerebras", "cerebras.cloud.sdk", "runloop_api_client")
_BASES = ("SyncAPIClient", "AsyncAPIClient")

Told = Callable[[Any], None]


class Installed(NamedTuple):
    """What gives new clients their recorder, and what is told of each of them."""

    recorder: Callable[[], Recorder | None]
    told: Told | None = None


_installed: Installed | None = None
_covered: dict[type, Callable[..., None]] = {}
_hooked: set[str] = set()


def install(recorder: Callable[[], Recorder | None], *, told: Told | None = None) -> None:
    """Cover the clients made from now on, each with what ``recorder`` gives for it (None: leave it alone).

    Args:
        recorder: gives what to record with.
        told: called with each new client, after it was covered.
    """
    global _installed  # noqa: PLW0603 - one switch a process
    _installed = Installed(recorder, told)
    for sdk in SDKS:
        module = f"{sdk}._base_client"
        if module in sys.modules:
            _cover_bases(sys.modules[module])
        elif module not in _hooked:
            _hooked.add(module)
            register_post_import_hook(_when_imported, module)


def installed() -> Installed | None:
    """What covers the clients that are made now; None where nothing does."""
    return _installed


def gave(recorder: Recorder) -> bool:
    """Whether a client has its recorder from here, and not from an explicit wrap."""
    return _installed is not None and _installed.recorder() is recorder


def restore(before: Installed | None) -> None:
    """Put things back as :func:`installed` said that they were."""
    if before is None:
        uninstall()
    else:
        install(before.recorder, told=before.told)


def uninstall() -> None:
    """Clients made from now on come as their SDK makes them."""
    global _installed  # noqa: PLW0603
    _installed = None
    for base, original in _covered.items():
        base.__init__ = original  # type: ignore[misc]
    _covered.clear()


def _when_imported(module: ModuleType) -> None:
    if _installed is not None:
        with faults.guard("install"):
            _cover_bases(module)


def _cover_bases(module: ModuleType) -> None:
    for name in _BASES:
        base = getattr(module, name, None)
        if isinstance(base, type) and base not in _covered:
            _covered[base] = original = base.__init__  # type: ignore[misc]
            base.__init__ = _covering(original)  # type: ignore[misc]


def _covering(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        with faults.guard("cover of a new client"):
            recorder = _installed.recorder() if _installed is not None else None
            if recorder is not None:
                stainless.cover(self, recorder)
            if _installed is not None and _installed.told is not None:
                _installed.told(self)

    return init
