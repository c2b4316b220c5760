"""Streams fold to what the SDKs' own accumulators find: message, usage, model, id and finish reason.

Where an SDK's accumulator refuses a real stream there is nothing to compare; how often that is, is printed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.laws.accumulators import CASES, agrees
from tests.laws.traffic import Interaction, sample

from thence.providers import Answer
from thence.providers.answer import events_of


def values(it: Interaction) -> list[Any]:
    found: list[Any] = []
    for event in events_of(it.answer, it.content_type) or []:
        if event.data.startswith("[DONE]"):
            break
        if isinstance(event.value, dict):
            found.append(json.loads(event.data))
    return found


@pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sample", "all"])
@pytest.mark.parametrize(("name", "theirs", "ours"), CASES, ids=[name for name, _, _ in CASES])
def test_streams_fold_to_what_the_sdk_finds(
    name: str,
    theirs: Callable[[list[Any]], dict[str, Any]],
    ours: Callable[[Answer], dict[str, Any]],
    full: bool,
    capsys: pytest.CaptureFixture[str],
) -> None:
    compared, refused, differ = 0, Counter[str](), {}
    for it in sample(full, step=5):
        if it.endpoint.name != name or not it.streamed or events_of(it.answer, it.content_type) is None:
            continue
        try:
            expected = theirs(values(it))
        except Exception as error:
            refused[type(error).__name__] += 1
            continue
        compared += 1
        found = ours(it.read())
        unlike = {key: (found[key], value) for key, value in expected.items() if not agrees(found[key], value)}
        if unlike:
            differ[it.id] = unlike
    with capsys.disabled():
        print(f"\n  {name}: {compared} streams compared, {dict(refused)} refused by the SDK", end="")
    assert not differ
    assert compared
