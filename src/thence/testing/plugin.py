"""pytest's side of :mod:`thence.testing`: two fixtures and an option.

- ``thence_recorded``: what the test's calls were, as :class:`thence.testing.Recorded`.
- ``thence_cassette``: the same; answers come from the test's cassette where there is one, else they go into it.
- ``--thence-record=once|none|all``: whether cassettes are recorded where they are missing, never, or anew.

Every pytest run where Thence is installed imports this module: nothing of Thence is imported before a fixture is used.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from thence.testing.cassette import Cassette
    from thence.testing.recording import Recorded

__all__ = ["thence_cassette", "thence_recorded"]

_PASSED: pytest.StashKey[bool] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option, and where cassettes are kept."""
    group = parser.getgroup("thence", "calls of language models")
    group.addoption(
        "--thence-record",
        choices=("once", "none", "all"),
        default="once",
        help="record cassettes that are missing (once), never (none), or all of them anew (all)",
    )
    parser.addini("thence_cassettes", "folder of cassettes, beside each test file", default="cassettes")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Remember whether the test passed: what a failed one has recorded is not kept."""
    report = yield
    if call.when == "call":
        item.stash[_PASSED] = report.passed
    return report


@pytest.fixture
def thence_recorded() -> Iterator[Recorded]:
    """The calls that this test makes, recorded into a store of its own."""
    from thence.testing.recording import recorded

    with recorded() as calls:
        yield calls


@pytest.fixture
def thence_cassette(request: pytest.FixtureRequest) -> Iterator[Recorded]:
    """The calls that this test makes; answered from its cassette where it has one, else recorded into it."""
    path = _path_of(request)
    mode = request.config.getoption("--thence-record")
    if mode == "none" or (mode == "once" and path.exists()):
        yield from _playing(request, path)
    else:
        yield from _recording(request, path)


def _path_of(request: pytest.FixtureRequest) -> Path:
    """``cassettes/test_module/test_name.thence`` beside the test's file; a name says which parameters it has."""
    name = re.sub(r"[^\w.-]+", "_", request.node.name)
    folder = request.path.parent / str(request.config.getini("thence_cassettes"))
    group = [] if request.cls is None else [request.cls.__name__]
    return Path(folder, request.path.stem, *group, f"{name}.thence")


def _playing(request: pytest.FixtureRequest, path: Path) -> Iterator[Recorded]:
    from thence.testing.cassette import Cassette
    from thence.testing.recording import recorded

    again = f"to record it again: pytest --thence-record=all '{request.node.nodeid}'"
    cassette = Cassette(path, again=again)
    with recorded(player=_Failing(cassette)) as calls:
        yield calls
    if cassette.misses and request.node.stash.get(_PASSED, False):
        pytest.fail(f"the test went on after a miss: {cassette.misses[0]}", pytrace=False)


def _recording(request: pytest.FixtureRequest, path: Path) -> Iterator[Recorded]:
    from thence.testing.cassette import save
    from thence.testing.recording import recorded

    with recorded() as calls:
        yield calls
        if request.node.stash.get(_PASSED, False):
            save(calls.journal, path)


class _Failing:
    """A cassette whose misses fail the test: an SDK takes any exception for a broken connection, and asks again."""

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    def answer(self, asked: Any) -> Any:
        from thence.testing.cassette import Miss

        try:
            return self._cassette.answer(asked)
        except Miss as miss:
            said = str(miss)
        pytest.fail(said, pytrace=False)
