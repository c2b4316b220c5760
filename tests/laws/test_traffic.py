"""The laws of the provider tables, over real traffic: a sample in every run, all of it under the mark ``slow``."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from tests.laws.traffic import Interaction, interactions, sample

from thence import providers
from thence.providers.answer import events_of
from thence.providers.sse import decoder_for

FULL = pytest.mark.parametrize("full", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["sample", "all"])

WRITERS: list[dict[str, Any]] = [
    {"separators": (",", ":"), "ensure_ascii": False},
    {"ensure_ascii": True},
    {"indent": 2},
]
"""How clients write JSON: as the newer SDKs do, as the older ones do, as people do."""


@FULL
def test_what_is_split_joins_to_the_same_body(full: bool) -> None:
    for it in sample(full):
        if it.request is None:
            continue
        for writer in WRITERS:
            text = json.dumps(it.request, **writer)
            cut = providers.split(it.endpoint, text)
            texts = {name: member.text for name, member in cut.params.items()}
            assert providers.join(cut.shape, [item.text for item in cut.items], texts) == text, it.id


@FULL
def test_every_top_level_parameter_is_there_verbatim(full: bool) -> None:
    for it in sample(full):
        if it.request is None:
            continue
        content = {content.field for content in it.endpoint.content}
        cut = providers.split(it.endpoint, json.dumps(it.request))
        said = {item.field for item in cut.items}
        for name, value in it.request.items():
            if name in cut.params:
                assert json.loads(cut.params[name].text) == value == cut.params[name].value, (it.id, name)
            else:
                assert name in content, (it.id, name)
                assert name in said or value == [], (it.id, name)


@FULL
def test_a_stream_folds_to_the_same_answer_however_it_is_cut(full: bool) -> None:
    for it in sample(full):
        whole = events_of(it.answer, it.content_type)
        if whole is None:
            continue
        for size in (1, 7, 1000) if len(it.answer) < 5_000 else (997,):
            decoder = decoder_for(it.content_type, it.answer)
            assert decoder is not None
            pieces = [it.answer[at : at + size] for at in range(0, len(it.answer), size)]
            events = [event for piece in pieces for event in decoder.feed(piece)]
            assert [*events, *decoder.close()] == whole, (it.id, size)


@FULL
def test_usage_is_kept_verbatim_and_never_zero_for_unknown(full: bool) -> None:
    told = Counter[str]()
    for it in sample(full):
        answer = it.read()
        if answer.usage_verbatim is None:
            assert answer.usage == providers.Usage(), it.id
            continue
        told[it.endpoint.name] += 1
        counts = set(_numbers(answer.usage_verbatim))
        for name in providers.Usage.__struct_fields__:
            count = getattr(answer.usage, name)
            assert count is None or count in counts, (it.id, name)
        if not it.streamed and it.endpoint.usage and it.endpoint.usage[0] in (answer.body or {}):
            assert answer.usage_verbatim == json.loads(it.answer)[it.endpoint.usage[0]], it.id
    assert told


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for member in value.values() for number in _numbers(member)]
    if isinstance(value, list):
        return [number for member in value for number in _numbers(member)]
    return [value] if isinstance(value, (int, float)) else []


@FULL
def test_an_answer_that_failed_has_an_error_and_one_that_succeeded_items(full: bool) -> None:
    spoken, silent = 0, []
    for it in sample(full):
        answer = it.read()
        if it.status >= 400:
            assert answer.error, it.id
        elif it.endpoint.conversation and answer.body and not answer.error:
            spoken += 1
            silent += [] if answer.choices else [it.id]
    assert len(silent) <= 0.01 * spoken, silent  # still in progress, withheld, or no answer of their route's shape


def test_items_sent_again_are_the_same_items(capsys: pytest.CaptureFixture[str]) -> None:
    """Within a conversation, an item that was sent before is the same item again; answers' echoes are counted."""
    again, same, echoes, linked = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for calls in _conversations().values():
        known: list[tuple[Interaction, list[providers.Item], providers.Answer]] = []
        for it in calls:
            items = list(providers.split(it.endpoint, json.dumps(it.request)).items)
            for before, sent, answer in known:
                if before.endpoint is not it.endpoint:
                    continue
                for old, new in zip(sent, items, strict=False):
                    if old.text != new.text:
                        break
                    again[it.endpoint.name] += 1
                    same[it.endpoint.name] += old.canonical == new.canonical
                told = items[len(sent) :]
                for choice in answer.choices:
                    if [item.text for item in sent] == [item.text for item in items[: len(sent)]] and _echo(
                        choice, told
                    ):
                        echoes[it.endpoint.name] += 1
                        linked[it.endpoint.name] += _linked(choice, told)
            known.append((it, items, it.read()))
    with capsys.disabled():
        for name in sorted(echoes):
            print(f"\n  {name}: {linked[name]} of {echoes[name]} echoes link", end="")
        print()
    assert same == again
    assert sum(linked.values()) >= 0.85 * sum(echoes.values())


def _conversations() -> dict[tuple[str, str], list[Interaction]]:
    found: dict[tuple[str, str], list[Interaction]] = {}
    for it in sorted(interactions(), key=lambda it: it.order):
        if it.endpoint.conversation and it.request is not None:
            found.setdefault(it.conversation, []).append(it)
    return found


def _linked(choice: tuple[providers.Item, ...], told: list[providers.Item]) -> bool:
    return [item.canonical for item in choice] == [item.canonical for item in told[: len(choice)]]


def _echo(choice: tuple[providers.Item, ...], told: list[providers.Item]) -> bool:
    """Whether what was sent next repeats this answer: it holds all of the texts and call ids that the answer holds."""
    return bool(choice) and _marks([item.value for item in choice]) <= _marks([item.value for item in told])


_MARKS = frozenset(
    {"text", "content", "call_id", "tool_use_id", "signature", "arguments", "toolUseId", "encrypted_content"}
)


def _marks(value: Any) -> set[str]:
    if isinstance(value, list):
        return {mark for member in value for mark in _marks(member)}
    if not isinstance(value, dict):
        return set()
    own = {member.strip() for name, member in value.items() if name in _MARKS and isinstance(member, str)}
    return (own | {mark for member in value.values() for mark in _marks(member)}) - {""}
