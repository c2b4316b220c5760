"""Calls become rows: what was said is stored once, and every call says what was asked, sent and answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.store.journals import Spoken, chat, conversation, reply, responses, stored, streamed

from thence import frames
from thence.errors import NotFound
from thence.params import ParameterSource
from thence.store import CommitInfo, Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def said(commits: list[CommitInfo]) -> list[str]:
    """The contents of commits, oldest first."""
    return [commit.content["content"] for commit in reversed(commits)]


def count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_a_conversation_is_stored_once(path: Path) -> None:
    store, report = stored(path, conversation(3))
    assert (report.calls, report.frames, report.complete) == (3, 6, True)
    calls = list(store.calls())
    assert [call.commit.content["content"] for call in calls if call.commit] == [f"answer {n} of 1" for n in range(3)]
    tip = store.resolve("HEAD")
    assert isinstance(tip, CommitInfo)
    assert said(store.walk(tip)) == [
        "Be brief.",
        *(text for n in range(3) for text in (f"question {n} of 1", f"answer {n} of 1")),
    ]
    assert count(store, "commits") == 7
    assert [commit.content_type for commit in store.walk(tip)][-1] == "instruction"


def test_a_call_says_everything(path: Path) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}], "hello", user="u1", seed=7)
    call.facts = {"label": "greet", "tags": ["a"], "metadata": {"run": 1}, "branch": "main"}
    store, _ = stored(path, [call])
    (found,) = store.calls()
    assert found.id.replace("-", "") == call.call_id.hex()
    assert (found.tract, found.provider, found.operation, found.endpoint) == (
        "main",
        "openai",
        "chat",
        "/v1/chat/completions",
    )
    assert (found.status, found.http_status, found.duration) == ("completed", 200, 0.5)
    assert found.started_at.tzinfo is not None
    assert found.attempts[0].request_id == "req_1"
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.total_tokens) == (10, 5, 15)
    assert found.usage.cache_read_input_tokens is None
    assert found.usage_verbatim == {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    assert found.request == call.body
    assert found.response == call.answer
    assert (found.request_model, found.response_model) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (found.response_id, found.finish_reasons) == ("chatcmpl-1", ["stop"])
    assert (found.callsite, found.label, found.tags, found.metadata) == (
        "/srv/app.py:7 main",
        "greet",
        ["a"],
        {"run": 1},
    )
    assert store.calls().to_dicts()[0]["metadata"] == {"run": 1}
    assert store.calls().to_arrow()["metadata"].to_pylist() == ['{"run":1}']
    assert found.versions == {"python": "3.11.7"}
    assert found.generation_config == {"model": "gpt-4o", "temperature": 0.5, "user": "u1", "seed": 7}
    assert found.params["temperature"].source is ParameterSource.CALL
    assert found.params["temperature"].origin == "app.py:7 main"
    assert found.params["seed"].source is ParameterSource.SDK
    assert found.params["model"].used == "gpt-4o-2024-08-06"
    assert found.base is not None
    assert found.commit is not None
    assert found.commit.parent == found.base.hash
    assert found.commit.generation_config == found.generation_config


@pytest.mark.parametrize("sent", [{}, {"user": "u1"}], ids=["alone", "beside another"])
@pytest.mark.parametrize("values", [{"seed": 7}, {"extra_body": {"seed": 7}}], ids=["keyword", "extra_body"])
def test_a_seed_that_was_asked_for_and_dropped_is_kept(
    path: Path, values: dict[str, Any], sent: dict[str, str]
) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}], "hello", **sent)
    call.asked = [frames.Asked("CALL", "app.py:7", values)]
    store, _ = stored(path, [call])
    with store:
        (found,) = store.calls()
        seed = found.params["seed"]
        assert (seed.value, seed.state, seed.change, seed.origin) == (7, "dropped", "dropped", "app.py:7")
        assert "seed" not in found.generation_config


@pytest.mark.parametrize("name", ["seed", "random_seed"])
def test_a_seed_that_differs_makes_no_configuration_by_whichever_name(path: Path, name: str) -> None:
    more: list[dict[str, Any]] = [{name: at} for at in (1, 2, 3)]
    hello = [{"role": "user", "content": "hi"}]
    store, _ = stored(path, [chat(at, hello, **seed) for at, seed in enumerate(more, 1)])
    assert count(store, "configurations") == 1
    assert [call.params[name].sent for call in store.calls()] == [1, 2, 3]
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT seed FROM calls ORDER BY seed").scalars().all() == [1, 2, 3]


def test_a_retry_with_another_answer_is_a_sibling(path: Path) -> None:
    asked = [{"role": "user", "content": "a colour?"}]
    store, _ = stored(path, [chat(1, asked, "red"), chat(2, asked, "blue", temperature=0.9)])
    one, two = store.calls()
    assert one.base == two.base
    assert one.commit != two.commit
    assert one.commit is not None
    assert two.commit is not None
    assert one.commit.parent == two.commit.parent
    assert count(store, "commits") == 3


def test_the_same_answer_again_is_one_commit_of_two_calls(path: Path) -> None:
    asked = [{"role": "user", "content": "2+2?"}]
    store, _ = stored(path, [chat(1, asked, "4"), chat(2, asked, "4", temperature=0.9)])
    one, two = store.calls()
    assert one.commit == two.commit
    assert one.commit is not None
    assert [call.id for call in store.calls_of(one.commit)] == [two.id, one.id]
    assert one.commit.generation_config == two.generation_config  # of the newest call


@pytest.mark.parametrize(
    "echo",
    [
        {"role": "assistant", "content": "Hello there."},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello there."}]},
        {"content": "Hello there.", "role": "assistant", "refusal": None, "tool_calls": None, "audio": None},
    ],
)
def test_a_streamed_answer_and_its_echo_link_up(path: Path, echo: dict[str, Any]) -> None:
    first = chat(1, [{"role": "user", "content": "hi"}], stream=True)
    first.answer, first.content_type = streamed("Hello there."), "text/event-stream"
    second = chat(2, [{"role": "user", "content": "hi"}, echo, {"role": "user", "content": "bye"}])
    store, _ = stored(path, [first, second])
    one, two = store.calls()
    assert one.streamed
    assert one.commit is not None
    assert two.base is not None
    assert two.base.parent == one.commit.hash


def test_an_edited_history_forks_where_it_was_edited(path: Path) -> None:
    calls = conversation(2)
    edited = json.loads(calls[1].request)["messages"]
    edited[1]["content"] = "another question"
    store, _ = stored(path, [*calls, chat(9, edited, "another answer")])
    *_, two, three = store.calls()
    assert two.commit is not None
    assert three.commit is not None
    common = set(said(store.walk(two.commit))) & set(said(store.walk(three.commit)))
    hashes = {commit.hash for commit in store.walk(two.commit)} & {commit.hash for commit in store.walk(three.commit)}
    assert len(hashes) == 1  # the instruction, before the edit
    assert len(common) == 3
    assert store.reflog()[0]["action"] == "fork"
    assert store.reflog()[0]["old"] == two.commit.hash
    assert store.resolve("HEAD") == three.commit


def test_several_choices_are_siblings_of_one_call(path: Path) -> None:
    call = chat(1, [{"role": "user", "content": "a word?"}], n=2)
    call.answer = reply("one")
    call.answer["choices"].append(
        {"index": 1, "message": {"role": "assistant", "content": "two"}, "finish_reason": "stop"}
    )
    store, _ = stored(path, [call])
    (found,) = store.calls()
    assert [[commit.content["content"] for commit in choice] for choice in found.answers] == [["one"], ["two"]]
    assert {choice[0].parent for choice in found.answers} == {found.base.hash if found.base else None}


def test_failed_calls_have_a_base_and_no_answer(path: Path) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    call.status, call.http_status = "failed", 429
    call.answer = {"error": {"type": "rate_limit", "message": "slow down"}}
    html = Spoken(2, {"model": "gpt-4o", "messages": []}, b"<html>Bad gateway</html>", status="failed", http_status=502)
    html.content_type = "text/html"
    store, _ = stored(path, [call, html])
    one, two = store.calls()
    assert (one.status, one.error, one.commit) == ("failed", "rate_limit: slow down", None)
    assert one.base is not None
    assert two.response == "<html>Bad gateway</html>"
    assert two.error is not None
    assert "502" in two.error
    assert two.base is None


def test_embeddings_are_calls_without_commits_and_vectors(path: Path) -> None:
    call = Spoken(1, {"model": "e", "input": ["a", "b"]}, url="https://api.openai.com/v1/embeddings")
    call.answer = {
        "object": "list",
        "model": "e",
        "data": [{"index": 0, "embedding": [0.25] * 99}],
        "usage": {"prompt_tokens": 2},
    }
    store, _ = stored(path, [call])
    (found,) = store.calls()
    assert (found.operation, found.base, found.commit) == ("embeddings", None, None)
    assert found.request == call.body
    assert found.response["data"] == [{"index": 0}]
    assert found.usage.input_tokens == 2
    assert count(store, "commits") == 0


def test_an_unknown_route_is_kept_verbatim(path: Path) -> None:
    call = Spoken(1, {"a": [1, {"b": None}], "c": "d"}, {"ok": True}, url="https://x.example/v9/things")
    store, _ = stored(path, [call])
    (found,) = store.calls()
    assert found.request == call.body
    assert found.response == {"ok": True}
    assert found.params.to_dict() == call.body


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_a_response_id_links_to_its_commit(tmp_path: Path, order: tuple[int, ...]) -> None:
    calls = [
        responses(1, "hi", "hello", "resp_1"),
        responses(2, "and?", "more", "resp_2", "resp_1"),
        responses(3, "so?", "that is all", "resp_3", "resp_2"),
    ]
    store = None
    for each in order:  # each by a process of its own, in any order
        store, _ = stored(tmp_path / "store.db", [calls[each]])
    assert store is not None
    found = list(store.calls())
    assert found[2].commit is not None
    assert [commit.role for commit in store.walk(found[2].commit)] == ["assistant", "user"] * 3
    assert said(store.walk(found[2].commit)) == ["hi", "hello", "and?", "more", "so?", "that is all"]
    assert count(store, "commits") == 6  # nothing of an earlier guess is left
    assert store.resolve("HEAD") == found[2].commit


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)])
def test_a_conversation_that_the_provider_keeps_links_up(tmp_path: Path, order: tuple[int, ...]) -> None:
    calls = [responses(n, f"question {n}", f"answer {n}", f"resp_{n}") for n in (1, 2, 3)]
    for call, talk in zip(calls, ("conv_1", {"id": "conv_1"}, "conv_1"), strict=True):
        call.body["conversation"] = talk
    store = None
    for each in order:
        store, _ = stored(tmp_path / "store.db", [calls[each]])
    assert store is not None
    tip = list(store.calls())[-1].commit
    assert tip is not None
    assert said(store.walk(tip)) == [text for n in (1, 2, 3) for text in (f"question {n}", f"answer {n}")]
    assert count(store, "commits") == 6


def test_responses_that_continue_each_other_are_no_circle(path: Path) -> None:
    calls = [
        responses(1, "a", "b", "resp_1", "resp_2"),
        responses(2, "c", "d", "resp_2", "resp_1"),
        responses(3, "e", "f", "resp_3", "resp_3"),
    ]
    store, report = stored(path, calls)
    assert report.calls == 3
    tips = [call.commit for call in store.calls()]
    assert [len(store.walk(tip)) for tip in tips if tip] == [2, 4, 2]


def test_an_error_inside_a_200_gives_no_commit(path: Path) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    call.answer = {"error": {"message": "overloaded"}}
    store, _ = stored(path, [call])
    (found,) = store.calls()
    assert (found.commit, found.error, found.status) == (None, "overloaded", "failed")


def test_a_branch_and_a_tract_of_any_name(path: Path) -> None:
    calls = [chat(n, [{"role": "user", "content": "hi"}]) for n in range(1, 5)]
    for call, (tract, branch) in zip(
        calls, [("a/b c", "../x"), ("HEAD", "-x"), ("é" * 300, "x" * 300), ("t", "HEAD")], strict=True
    ):
        call.facts = {"tract": tract, "branch": branch}
    store, report = stored(path, calls)
    assert report.calls == 4
    for tract in ("a/b c", "HEAD", "é" * 300, "t"):
        (found,) = store.calls(tract)
        assert len(store.calls(found.tract)) == 1
        assert len(store.refs(tract)) == 1
    for tract in store.tracts():  # ids, of which some are no names
        assert [call.tract for call in store.calls(tract)] == [tract]
        (found,) = store.calls(tract)
        with pytest.raises(NotFound, match="in another tract: --tract " + tract):
            store.resolve(found.id, "elsewhere")


def test_a_layer_that_lost_is_kept_as_shadowed(path: Path) -> None:
    call = chat(1, [{"role": "user", "content": "hi"}])
    call.asked = [
        frames.Asked("CALL", "app.py:7", {}, ["temperature"]),
        frames.Asked("PRESET", "thence.toml:3", {"temperature": 1.5, "top_p": 0.1}, ["model"]),
    ]
    store, _ = stored(path, [call])
    (found,) = store.calls()
    assert [candidate.value for candidate in found.params["temperature"].shadowed] == [1.5]
    assert found.params["top_p"].state == "dropped"
    assert found.params["model"].source is ParameterSource.PRESET


@pytest.fixture
def many(path: Path) -> Iterator[Store]:
    store, _ = stored(path, [chat(n, [{"role": "user", "content": f"hi {n}"}]) for n in range(600)])
    yield store
    store.close()


def test_calls_are_a_sequence_oldest_first(many: Store) -> None:
    calls = many.calls()
    assert len(calls) == len(list(calls)) == 600
    times = [call.started_at for call in calls]
    assert times == sorted(times)
    assert calls[-1] == list(calls)[-1]
    assert calls[0] == next(iter(calls))
    assert [call.id for call in calls.last(3)] == [call.id for call in list(calls)[-3:]]
    assert [call.id for call in calls.newest_first(2)] == [calls[-1].id, calls[-2].id]
    with pytest.raises(IndexError):
        calls[600]
