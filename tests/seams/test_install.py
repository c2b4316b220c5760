"""``install`` covers clients made later, ``uninstall`` undoes it, and an import does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from tests.seams.conftest import Tape
from tests.seams.forms import USER, client_of

from thence.seams import install as seam
from thence.seams.stainless import covered
from thence.testing import Provider


@pytest.fixture
def installed(tape: Tape) -> Iterator[Tape]:
    seam.install(lambda: tape.recorder)
    yield tape
    seam.uninstall()


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
@pytest.mark.parametrize("is_async", [False, True])
def test_later_clients_come_covered(sdk: str, is_async: bool, installed: Tape, provider: Provider) -> None:
    assert covered(client_of(sdk, provider.url, is_async=is_async)) is installed.recorder
    seam.uninstall()
    assert covered(client_of(sdk, provider.url, is_async=is_async)) is None


def test_one_record_a_call_copies_included(installed: Tape, provider: Provider) -> None:
    client = client_of("openai", provider.url).with_options(timeout=3)
    client.chat.completions.create(model="m", messages=USER)
    installed.only()


def test_a_module_level_client(installed: Tape, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai, "api_key", "sk-test")
    monkeypatch.setattr(openai, "base_url", provider.url + "/v1/")
    openai._reset_client()
    messages: Any = USER
    openai.chat.completions.create(model="m", messages=messages)
    openai._reset_client()
    installed.only()


def test_an_sdk_that_is_imported_later(provider: Provider) -> None:
    code = f"""
import sys, thence
from thence.seams import install, stainless
from thence.seams.recording import Recorder
install.install(lambda: Recorder(store="store.db", journal=None, wake=None))
assert "openai" not in sys.modules
import openai
client = openai.OpenAI(api_key="x", base_url={provider.url!r})
assert stainless.covered(client) is not None
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_import_patches_nothing() -> None:
    code = """
import openai, anthropic
from openai._base_client import SyncAPIClient
before = dict(vars(SyncAPIClient)), dict(vars(openai.OpenAI))
import thence, thence.wrapping, thence.openai, thence.anthropic
assert (dict(vars(SyncAPIClient)), dict(vars(openai.OpenAI))) == before
"""
    subprocess.run([sys.executable, "-c", code], check=True)
