"""A drop-in name can do what the class can: it is one."""

from __future__ import annotations

import copy
import functools
import inspect
import os
import pickle
import subprocess
import sys
import typing
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any
from unittest import mock

import anthropic
import openai
import pytest

import thence
import thence.anthropic
import thence.openai

CLASSES: list[tuple[Any, Any]] = [
    (thence.openai.OpenAI, openai.OpenAI),
    (thence.openai.AsyncAzureOpenAI, openai.AsyncAzureOpenAI),
    (thence.anthropic.Anthropic, anthropic.Anthropic),
    (thence.anthropic.AsyncClient, anthropic.AsyncAnthropic),
]
classes = pytest.mark.parametrize(("named", "real"), CLASSES, ids=[real.__name__ for _, real in CLASSES])


def made(kind: Any) -> Any:
    """An instance of a client class."""
    azure = {"azure_endpoint": "http://127.0.0.1:9", "api_version": "1"} if "Azure" in kind.__name__ else {}
    return kind(api_key="k", **azure)


@classes
def test_it_makes_the_real_class_wrapped(named: Any, real: Any) -> None:
    client = made(named)
    assert type(client) is real
    assert thence.is_wrapped(client)
    assert not thence.is_wrapped(made(real))


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_without_its_sdk_it_is_missing_as_any_module_is(sdk: str, tmp_path: Path) -> None:
    (tmp_path / f"{sdk}.py").write_text("raise ModuleNotFoundError(__name__)")
    program = f"try:\n import thence.{sdk}\nexcept ImportError as error:\n print(type(error).__name__, error.hint)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    said = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)
    assert said == f"MissingSDK pip install 'thence[{sdk}]'\n"


@classes
def test_it_is_a_class(named: Any, real: Any) -> None:
    assert named.with_options is real.with_options
    client = made(real)
    assert inspect.isclass(named)
    assert isinstance(client, named)
    assert issubclass(real, named)
    assert not isinstance("text", (int, named))
    assert named == real
    assert hash(named) == hash(real)
    assert named.__name__ == real.__name__
    assert named.__doc__ == real.__doc__
    assert inspect.signature(named) == inspect.signature(real)


@classes
def test_it_stands_in_unions_and_hints(named: Any, real: Any) -> None:
    assert isinstance(made(real), named | None)
    assert isinstance(made(real), str | named)
    assert typing.Optional[named] == named | None  # noqa: UP045 - the older form is what is asked for

    def of(client: named | None) -> list[named]:
        raise NotImplementedError(client)

    assert typing.get_type_hints(of, localns={"named": named})["return"] == list[named]


@classes
def test_it_stands_in_patterns_and_dispatch(named: Any, real: Any) -> None:
    @functools.singledispatch
    def kind(_client: object) -> str:
        return "something"

    def of_a_client(_client: object) -> str:
        return "a client"

    kind.register(named, of_a_client)
    match made(real):
        case named():
            seen = "a client"
        case _:
            seen = "something"
    assert kind(made(real)) == kind(made(named)) == seen == "a client"
    assert kind("text") == "something"


@classes
def test_it_is_copied_and_pickled_as_classes_are(named: Any, real: Any) -> None:
    for again in (copy.copy(named), copy.deepcopy(named), pickle.loads(pickle.dumps(named))):
        assert again is named
    assert pickle.loads(pickle.dumps(real)) is real


@classes
def test_a_mock_of_it_passes_for_a_client(named: Any, real: Any) -> None:
    for pretended in (mock.Mock(spec=named), mock.create_autospec(named, instance=True)):
        assert isinstance(pretended, real)
        assert isinstance(pretended, named)


@classes
def test_it_is_derived_from(named: Any, real: Any) -> None:
    class Abstract(ABC):
        @abstractmethod
        def more(self) -> str: ...

    class Mine(named, Abstract):  # type: ignore[misc]
        def __init__(self, *, more: str = "", **given: Any) -> None:
            super().__init__(**given)
            self._more = more

        def more(self) -> str:
            return self._more

    class Again(Mine):
        pass

    azure = {"azure_endpoint": "http://127.0.0.1:9", "api_version": "1"} if "Azure" in real.__name__ else {}
    for kind in (Mine, Again):
        client = kind(more="m", api_key="k", **azure)
        assert type(client) is kind
        assert isinstance(client, (real, named))
        assert client.more() == "m"
        assert thence.is_wrapped(client)
    assert not isinstance(made(real), Mine)

    class Plain(named):  # type: ignore[misc]
        pass

    assert type(Plain) is type
    assert Plain.__module__ == __name__
