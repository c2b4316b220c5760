"""pytest plugin: an SDK's own tests get clients that Thence has wrapped, each recording into a real journal.

``UPSTREAM_MODE=fixture`` wraps what the fixtures give; ``construct`` every client that code outside the SDK makes,
and the SDK's module-level client; empty wraps none. ``UPSTREAM_STORES`` is the folder that is recorded into.

To see every client that is made, ``<package>._base_client`` is imported with a metaclass for ``BaseClient`` (its source
is changed in that one line). The class stays what it is: identity, ``isinstance``, subclasses and monkeypatching. What
the SDK makes by itself (``copy``, ``with_options``, ``with_middleware``) is left alone: to see to those is the
wrapper's business.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
import types
from collections.abc import Generator, Sequence
from typing import Any

import pytest

MODE = os.environ.get("UPSTREAM_MODE", "")
PACKAGE = os.environ["UPSTREAM_PACKAGE"]
STORES = os.environ.get("UPSTREAM_STORES", "")  # some tests empty the environment
FIXTURES = {"client", "async_client", "snapshot_client", "async_snapshot_client"}
_wrapped = 0
_before: pytest.StashKey[int] = pytest.StashKey()


def _wrap(client: Any) -> Any:
    global _wrapped  # noqa: PLW0603 - a count a process
    import thence
    import thence.ingest.draining  # else the thread of the ingest imports it, while pytest walks all loggers

    _wrapped += 1
    # A store a process: whether several may share one is tested elsewhere, and here a locked store would be a fault.
    return thence.wrap(client, store=f"{STORES}/{os.getpid()}.db")


class _Wrapping(type):
    """Metaclass that wraps an instance as soon as it is made, unless the SDK makes it for itself."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        made = super().__call__(*args, **kwargs)
        caller = sys._getframe(1).f_globals.get("__name__", "")
        return made if caller.startswith(f"{PACKAGE}.") else _wrap(made)


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports ``<package>._base_client`` with the metaclass."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != f"{PACKAGE}._base_client":
            return None
        self._real = importlib.machinery.PathFinder.find_spec(name, path)
        assert self._real is not None
        return importlib.machinery.ModuleSpec(name, self, origin=self._real.origin)

    def exec_module(self, module: types.ModuleType) -> None:
        assert self._real is not None
        loader, origin = self._real.loader, self._real.origin
        assert isinstance(loader, importlib.abc.InspectLoader)
        assert origin is not None
        source = loader.get_source(module.__name__) or ""
        changed, times = re.subn(
            r"(?m)^class BaseClient\((.*)\):$", r"class BaseClient(\1, metaclass=_Wrapping):", source
        )
        assert times == 1, "BaseClient not found"
        module.__file__ = origin
        vars(module)["_Wrapping"] = _Wrapping
        exec(compile(changed, origin, "exec"), vars(module))


if MODE == "construct":
    assert PACKAGE not in sys.modules, f"{PACKAGE} was imported too early"
    sys.meta_path.insert(0, _Finder())


def _is_client(value: object) -> bool:
    names = {base.__name__ for base in type(value).__mro__ if base.__module__ == f"{PACKAGE}._base_client"}
    return bool(names & {"SyncAPIClient", "AsyncAPIClient"})


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
    """Wrap what a client fixture gives."""
    value = yield
    if MODE == "fixture" and fixturedef.argname in FIXTURES and _is_client(value):
        value = _wrap(value)
        assert fixturedef.cached_result is not None
        fixturedef.cached_result = (value, *fixturedef.cached_result[1:])
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember how many clients had been wrapped before the test."""
    item.stash[_before] = _wrapped
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say of each test whether it had a wrapped client."""
    report = yield
    by_fixture = MODE and FIXTURES & set(getattr(item, "fixturenames", ()))
    if by_fixture or _wrapped > item.stash.get(_before, 0):
        report.user_properties.append(("wrapped", True))
    return report
