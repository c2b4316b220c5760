"""A tract as its users write it: commits with configurations, usage, queries, edits, branches, errors that help."""

from __future__ import annotations

import math
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from thence.content import (
    ArtifactContent,
    DialogueContent,
    FreeformContent,
    InstructionContent,
    OutputContent,
    ReasoningContent,
    ToolCallContent,
    ToolResultContent,
)
from thence.errors import AmbiguousRevision, Conflict, NotFound, QueryError, ThenceError
from thence.params import ParameterSource
from thence.query import P
from thence.store import CommitInfo
from thence.store.bounded import bound
from thence.tract import Tract
from thence.upkeep import fsck

JOKE = DialogueContent(role="user", text="Tell me a joke")
CONFIG = {"model": "gpt-4o", "temperature": 0.9, "top_p": 0.95, "max_tokens": 500}
USAGE = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}


def texts(tract: Tract, at: str | None = None) -> list[Any]:
    return [message["content"] for message in tract.compile(at).messages]


def test_the_founding_example(store_url: str) -> None:
    with Tract.open(store_url) as t:
        t.commit(JOKE, generation_config=CONFIG)
        assert t.log(limit=1)[0].generation_config["temperature"] == 0.9  # type: ignore[index]
        assert [config.get("temperature", 0) for config in t.compile().generation_configs] == [0.9]
        assert t.query_by_config("temperature", ">", 0.8) == t.log()
        assert t.query_by_config("model", "=", "gpt-4o") == t.log()
        t.record_usage(USAGE, generation_config={"model": "gpt-4o", "temperature": 0.7})
    with Tract.open(store_url) as t:
        assert t.log()[0].generation_config == {"model": "gpt-4o", "temperature": 0.7}
        assert t.query_by_config("temperature", ">", 0.8) == []
        assert (t.compile().token_count, t.compile().token_source) == (100, "usage")


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"seed": 10**40, "x": math.inf, "y": Decimal("1.10"), "z": [1, 1.0, True, None, {"a.b": "\0\ud800"}]},
        {"tools": [{"type": "function", "function": {"name": "f", "description": "d" * 4000}}], "user": "u" * 3000},
    ],
)
def test_a_configuration_reads_back_as_it_was_given(tract: Tract, config: dict[str, Any]) -> None:
    given = {**config, "mine": {"nested": [1]}}
    tract.commit(JOKE, generation_config=given)
    given["mine"]["nested"].append(2)
    found = tract.log()[0].generation_config
    assert found == {**config, "mine": {"nested": [1]}}
    assert tract.compile().generation_configs == [found]
    assert tract.store.calls()[0].generation_config == found


def test_a_hash_is_of_content_and_lineage_alone(tract: Tract) -> None:
    one = tract.commit(JOKE, generation_config=CONFIG, message="first", metadata={"n": 1})
    tract.branch("other")
    tract.branch("root-of-its-own")
    again = Tract(tract.store, "elsewhere").commit({"role": "user", "content": [{"type": "text", "text": JOKE.text}]})
    assert (one.hash, one.content_hash) == (again.hash, again.content_hash)
    assert again.generation_config is None
    assert (one.message, one.metadata) == ("first", {"n": 1})


def test_said_again_there_it_is_the_same_commit_with_what_is_given_now(tract: Tract) -> None:
    root = tract.commit(InstructionContent(text="Be brief."))
    first = tract.commit(JOKE, generation_config={"temperature": 0.1}, message="once")
    tract.reset(root)
    second = tract.commit(JOKE, generation_config={"temperature": 0.2})
    assert second == first
    assert (second.generation_config, second.message) == ({"temperature": 0.2}, "once")
    tract.reset(root)
    assert tract.commit(JOKE, message="again").message == "again"
    assert tract.compile().generation_configs == [{}, {"temperature": 0.2}]
    assert tract.query_by_config("temperature", "<", 0.15) == []


def test_a_young_store_is_asked_in_time(store_url: str) -> None:
    """PostgreSQL has no statistics of a store's first minute, and takes its tables for empty."""
    with Tract.open(store_url) as tract:
        with tract.batch():
            for n in range(300):
                tract.commit(f"{n}", generation_config={"temperature": n % 10 / 10, "seed": n})
        bound(tract.store, seconds=20)
        assert len(tract.query_by_config(("temperature", "=", 0.3))) == 30
        assert len(tract.query_by_config([("temperature", ">", 0.3), ("seed", "<", 50)])) == 30


@pytest.mark.parametrize(
    ("content", "kind", "role"),
    [
        (InstructionContent(text="x"), "instruction", "system"),
        (DialogueContent(role="narrator", parts=[{"type": "text", "text": "x"}]), "dialogue", "narrator"),
        (ToolCallContent(id="c1", name="f", arguments={"a": 1}), "tool_call", "assistant"),
        (ToolResultContent(tool_call_id="c1", text="x"), "tool_result", "tool"),
        (ReasoningContent(text="x"), "reasoning", "assistant"),
        (OutputContent(text="x"), "output", "assistant"),
        (ArtifactContent(kind="python", title="a.py", text="x"), "artifact", "assistant"),
        (FreeformContent(payload={"x": [1]}), "freeform", None),
        ("x", "dialogue", "user"),
        (SimpleNamespace(model_dump=lambda **_: {"role": "assistant", "content": "x"}), "dialogue", "assistant"),
    ],
)
def test_every_content_is_committed_and_compiled(tract: Tract, content: Any, kind: str, role: str | None) -> None:
    found = tract.commit(content)
    assert (found.content_type, found.role) == (kind, role)
    assert len(tract.compile().messages) == tract.compile().commit_count == 1
    for target in ("openai", "anthropic", "responses", "litellm"):
        assert tract.compile(to=target)


@pytest.mark.parametrize("content", [3, None, b"x", {"role": "user", "content": b"x"}, {1: "x"}])
def test_what_is_no_content_is_refused(tract: Tract, content: Any) -> None:
    with pytest.raises(ThenceError):
        tract.commit(content)
    assert tract.log() == []


def test_a_parameter_named_like_the_place_of_a_large_one(tract: Tract) -> None:
    config = {"$blob": "t1:" + "0" * 64, "x": {"$blob": "t1:" + "1" * 64}, "stop": ["a" * 1500, '":{"$blob":"t1:']}
    tract.commit("a", generation_config=config)
    tract.commit("b")
    assert tract.compile().generation_configs == [config, {}]
    assert tract.log()[1].generation_config == config


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)
DEEP: Any = "deep"
for _ in range(99):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    "value", [{"a", "b"}, b"bytes", Decimal("1.0"), datetime(2026, 11, 22, tzinfo=timezone.utc), {1: 2}, ENDLESS, DEEP]
)
def test_a_content_type_holds_json_alone(tract: Tract, value: Any) -> None:
    for content in (
        FreeformContent(payload=[value]),
        ToolCallContent(id="1", name="f", arguments={"a": value}),
        DialogueContent(role="user", parts=[{"type": "text", "text": value}]),
    ):
        with pytest.raises(ThenceError):
            tract.commit(content)


def test_integers_of_any_size(tract: Tract) -> None:
    large = 10**5000
    assert tract.commit(FreeformContent(payload=large)).content["payload"] == large
    tract.commit({"role": "user", "content": large})
    assert texts(tract)[1] == large
    tract.record_usage({"input_tokens": 7, "more": large, "said": {datetime: (True, 1.5, Decimal(2))}})
    verbatim = tract.store.calls()[-1].usage_verbatim
    assert verbatim == {"input_tokens": 7, "more": large, "said": {str(datetime): [True, 1.5, "2"]}}
    with pytest.raises(ThenceError, match="deeply"):
        tract.record_usage({"input_tokens": 7, "more": ENDLESS})


def test_an_edit_inherits_and_is_edited(tract: Tract) -> None:
    first = tract.commit(JOKE, generation_config={"temperature": 0.9, "user": "me"})
    tract.commit({"role": "assistant", "content": "No."})
    edit = tract.edit(first, "Tell me two jokes")
    assert (edit.operation, edit.edit_target) == ("edit", first.hash)
    assert edit.generation_config == first.generation_config
    assert set(tract.query_by_config({"temperature": 0.9, "user": "me"})) == {first, edit}
    assert texts(tract) == ["Tell me two jokes", "No."]
    again = tract.edit(edit, "Tell me three", generation_config={"temperature": 0})
    assert again.edit_target == first.hash
    assert texts(tract) == ["Tell me three", "No."]
    assert tract.compile().generation_configs == [{"temperature": 0}, {}]
    assert texts(tract, "HEAD~1") == ["Tell me two jokes", "No."]
    tract.edit("HEAD", "Tell me four", generation_config={})
    assert tract.compile().generation_configs == [{}, {}]


def test_skip_pin_and_normal(tract: Tract) -> None:
    tract.commit("one")
    two = tract.commit("two")
    assert texts(tract) == ["one", "two"]
    tract.annotate("HEAD~1", "skip", note="an aside")
    assert texts(tract) == ["two"]
    edit = tract.edit(two, "three")
    tract.annotate(edit, "pin")
    with pytest.raises(ThenceError, match="pinned"):
        tract.annotate(two, "skip")
    tract.annotate(two, "normal")
    tract.annotate(edit, "skip")
    assert texts(tract) == []
    with pytest.raises(ThenceError, match="no annotation"):
        tract.annotate(two, "burn")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (USAGE, 100),
        ({"input_tokens": 10, "output_tokens": 5, "cache_read_input_tokens": 90}, 100),
        ({"inputTokens": 10, "outputTokens": 5, "cacheReadInputTokens": 90}, 100),
        ({"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101, "cache_read_input_tokens": 90}, 100),
        ({"promptTokenCount": 100, "candidatesTokenCount": 7}, 100),
        (SimpleNamespace(prompt_tokens=100, completion_tokens=1), 100),
        (SimpleNamespace(usage=SimpleNamespace(prompt_tokens=100, completion_tokens=1)), 100),
    ],
)
def test_usage_of_any_shape(tract: Tract, usage: Any, tokens: int) -> None:
    tract.commit(JOKE, generation_config=CONFIG)
    tract.record_usage(usage)
    assert (tract.compile().token_count, tract.compile().token_source) == (tokens, "usage")
    call = tract.store.calls()[-1]
    assert (call.status, call.generation_config, call.usage_verbatim is None) == ("recorded", CONFIG, False)
    assert tract.log()[0].generation_config == CONFIG


def test_usage_of_an_answer_counts_all_and_what_follows_is_estimated(tract: Tract) -> None:
    tract.commit(JOKE)
    tract.commit({"role": "assistant", "content": "Knock, knock."})
    tract.record_usage(USAGE)
    assert (tract.compile().token_count, tract.compile().token_source) == (150, "usage")
    tract.commit("Who is there?")
    more = tract.compile()
    assert more.token_count > 150
    assert more.token_source == "usage+estimate"
    tract.edit("HEAD~2", "Tell me another")
    assert tract.compile().token_source == "estimate"
    with pytest.raises(ThenceError, match="counts tokens"):
        tract.record_usage({"colour": "red"})


def test_queries(tract: Tract) -> None:
    class Asked(BaseModel):
        temperature: float | None = None
        model: str | None = None

    cold = tract.commit("a", generation_config={"temperature": 0.1, "model": "m", "a.b": {"c": [1, "x"]}})
    warm = tract.commit("b", generation_config={"temperature": 0.9, "model": "m", "stop": None})
    tract.commit("c")
    assert tract.query_by_config("model", "=", "m") == [warm, cold]
    assert tract.query_by_config("model", "=", "m", newest=False, limit=1) == [cold]
    assert tract.query_by_config([("temperature", "<", 0.5), ("model", "~", "m*")]) == [cold]
    assert tract.query_by_config({"temperature": 0.9}) == [warm]
    assert tract.query_by_config(Asked(temperature=0.1)) == [cold]
    assert tract.query_by_config('"a.b".c', "contains", "x") == [cold]
    assert tract.query_by_config("stop", "exists") == [warm]
    assert tract.query_by_config("stop", "missing") == [cold]
    assert tract.query_by_config("temperature", "between", (0, 1)) == [warm, cold]
    with pytest.raises(QueryError):
        tract.query_by_config("temperature", "is about", 1)


def test_a_decimal_that_is_no_number(tract: Tract) -> None:
    for text in ("NaN", "sNaN", "-sNaN12", "1.10"):
        tract.commit(text, generation_config={"x": Decimal(text), "y": [Decimal(text)]})
    assert [str(config["x"]) for config in tract.compile().generation_configs] == ["NaN", "sNaN", "-sNaN12", "1.10"]
    assert len(tract.query_by_config("x", "=", Decimal("sNaN"))) == 3
    assert tract.query_by_config("x", ">", Decimal("sNaN")) == []
    assert fsck(tract.store) == []


def test_an_empty_mapping_must_only_be_there(tract: Tract) -> None:
    for name, value in (("a", {"k": "v"}), ("b", {}), ("c", 1)):
        tract.commit(name, generation_config={"extra": value})
    tract.commit("d", generation_config={"other": {}})
    assert [commit.content["content"] for commit in tract.query_by_config({"extra": {}})] == ["c", "b", "a"]


def test_a_call_is_found_by_its_own_time(tract: Tract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_764_000_000_123_456_789)
    tract.commit("a", generation_config={"seed": 1})
    calls = tract.store.calls()
    at, micro = calls[0].started_at, timedelta(microseconds=1)
    asked = P.started_at
    for true in (asked == at, asked <= at, asked >= at, asked.in_([at - micro, at]), asked.between(at, at)):
        assert len(calls.where(true)) == 1
        assert len(calls.where(~true)) == 0
    for false in (asked < at, asked > at, asked != at, asked == at + micro, asked.in_([at - micro, at + micro])):
        assert len(calls.where(false)) == 0
        assert len(calls.where(~false)) == 1
    assert len(calls.since(at)) == len(calls.until(at + micro)) == 1


def test_a_whole_float_is_the_integer(tract: Tract) -> None:
    tract.commit("a")
    tract.record_usage({"input_tokens": 2**53 + 1})
    assert len(tract.store.calls().where(P.usage.input_tokens == float(2**53))) == 0
    assert len(tract.store.calls().where(P.usage.input_tokens > float(2**53))) == 1


def test_branches(tract: Tract) -> None:
    tract.branch("empty")
    assert tract.compile(at="empty").messages == []
    base = tract.commit("base")
    tract.branch("side", switch=True)
    side = tract.commit("on the side", generation_config={"temperature": 1}, message="why", metadata={"a": 1})
    tract.switch("main")
    tract.commit("on main")
    assert tract.merge_base("main", "side") == base
    difference = tract.diff("main", "side")
    assert [info.content["content"] for info in difference.removed] == ["on main"]
    assert (difference.added, difference.base) == ([side], base)
    assert difference.config == {"temperature": (None, 1)}
    picked = tract.cherry_pick("side")
    assert picked != side
    assert (picked.message, picked.metadata, picked.generation_config) == ("why", {"a": 1}, {"temperature": 1})
    assert texts(tract) == ["base", "on main", "on the side"]
    tract.tag("v1", "HEAD~1")
    assert (tract.tags(), set(tract.branches())) == (["v1"], {"main", "side", "empty"})
    tract.reset("v1")
    assert texts(tract) == texts(tract, "v1") == ["base", "on main"]
    assert texts(tract, "main@{1}") == texts(tract, "HEAD@{1}") == ["base", "on main", "on the side"]
    tract.switch("side")
    assert Tract(tract.store).current_branch == "side"


def test_what_is_of_a_wrong_type_is_refused_with_a_reason(tract: Tract) -> None:
    class Config(BaseModel):
        temperature: float
        seed: int = 7

    wrong: Any = 5
    with pytest.raises(ThenceError, match="is text, not a int"):
        tract.commit("x", message=wrong)
    for metadata in ([1], "x"):
        with pytest.raises(ThenceError, match="metadata is no"):
            tract.commit("x", metadata=metadata)  # type: ignore[arg-type]
    configs: list[Any] = ["abc", [1], wrong]
    for config in configs:
        with pytest.raises(ThenceError, match="is no configuration"):
            tract.commit("x", generation_config=config)
    tract.commit("x", generation_config=Config(temperature=0.5))
    assert tract.log()[0].generation_config == {"temperature": 0.5}
    with pytest.raises(ThenceError, match="is text, not a int"):
        tract.annotate("HEAD", "pin", wrong)
    with pytest.raises(ThenceError, match="no name for a branch"):
        tract.branch(wrong)
    calls = tract.store.calls()
    queries: list[Any] = [None, wrong]
    for query in queries:
        with pytest.raises(QueryError, match="is no query"):
            calls.where(query)
    with pytest.raises(QueryError, match="is no order"):
        calls.order("x")  # type: ignore[arg-type]


def test_a_tag_is_no_branch_to_work_on(tract: Tract) -> None:
    tagged = tract.commit("a")
    tract.tag("v1")
    there = Tract.open(tract.store, branch="v1")
    with pytest.raises(ThenceError, match=r"v1 is a tag.*switch=True"):
        there.commit("b")
    with pytest.raises(ThenceError, match=r"v1 is a tag.*switch=True"):
        there.record_usage(USAGE)
    assert tract.show("v1") == tagged


def test_errors_say_what_to_do(tract: Tract) -> None:
    with pytest.raises(NotFound):
        tract.record_usage(USAGE)
    one = tract.commit("one")
    two = tract.commit("two")
    elsewhere = Tract(tract.store, "elsewhere").commit("apart")
    tract.branch("gone", switch=True)
    tract.delete("gone")
    for wrong in (
        lambda: tract.commit("lost"),
        lambda: tract.record_usage(USAGE),
        lambda: tract.switch("nowhere"),
        lambda: tract.show("nowhere"),
        lambda: tract.compile(at="HEAD~9"),
        lambda: tract.compile(at="t1:" + "0" * 64),
        lambda: tract.compile(at=elsewhere),
        lambda: tract.cherry_pick(elsewhere),
        lambda: tract.delete("nowhere"),
        lambda: tract.edit("t1:" + "0" * 64, "x"),
    ):
        with pytest.raises(NotFound) as caught:
            wrong()
        assert caught.value.exit_code == 3
    tract.switch("main")
    for name in ("-x", "../x", "HEAD", "a" * 300, "x y"):
        with pytest.raises(ThenceError):
            tract.branch(name)
    with pytest.raises(Conflict, match="already"):
        tract.branch("main")
    tract.reset(one)
    with pytest.raises(ThenceError, match="does not stand before"):
        tract.edit(two, "x")
    with pytest.raises(ThenceError, match="edit_target"):
        tract.commit("x", operation="edit")


@pytest.mark.parametrize(
    "revision", ["main\x00", "HEAD~99999999999999999999", "main@{99999999999999999999}", "\ud800", 5]
)
def test_what_is_no_revision_is_not_found(tract: Tract, revision: Any) -> None:
    tract.commit("a")
    for work in (tract.show, tract.compile, tract.reset, tract.switch, tract.delete):
        with pytest.raises(NotFound):
            work(revision)


def test_a_name_is_suggested_as_it_is_spelt(tract: Tract) -> None:
    tract.commit("a", generation_config={"topP": 1})
    tract.tag("Release")
    with pytest.raises(NotFound, match="did you mean `Release`"):
        tract.show("releese")
    assert tract.store.calls().where("top_P = 1").misspelt() == {"top_P": "did you mean `topP`?"}


def test_limits(tract: Tract) -> None:
    for number in range(3):
        tract.commit(str(number), generation_config={"seed": number})
    calls = tract.store.calls()
    for limit, found in ((0, 0), (2, 2), (10**30, 3), (None, 3)):
        assert len(tract.log(limit)) == len(tract.query_by_config("seed", "exists", limit=limit)) == found
        if limit is not None:
            assert len(calls.last(limit)) == len(list(calls.last(limit))) == found
            assert len(list(calls.newest_first(limit))) == found
    with pytest.raises(IndexError):
        calls[10**30]
    for wrong in (-1, 1.5, "2"):
        with pytest.raises(QueryError, match="None for all"):
            tract.log(wrong)  # type: ignore[arg-type]
        with pytest.raises(QueryError, match="None for all"):
            calls.last(wrong)  # type: ignore[arg-type]
        with pytest.raises(QueryError, match="None for all"):
            tract.query_by_config("seed", "exists", limit=wrong)  # type: ignore[arg-type]


def test_unrelated_lines_have_no_base(tract: Tract) -> None:
    tract.branch("other")
    tract.commit("one")
    other = Tract(tract.store, branch="other")
    other.commit("another")
    with pytest.raises(NotFound, match="in common"):
        tract.merge_base("main", "other")


def test_a_short_hash_that_names_several(tract: Tract) -> None:
    found: dict[str, CommitInfo] = {}
    with tract.batch():
        for number in range(1200):
            info = tract.commit(f"{number}")
            if info.short[:4] in found:
                break
            found[info.short[:4]] = info
    with pytest.raises(AmbiguousRevision):
        tract.show(info.short[:4])


def test_a_batch_is_whole_or_nothing(tract: Tract) -> None:
    tract.commit("before")
    with tract.batch():
        tract.commit("one")
        tract.annotate("HEAD~1", "skip")
        assert texts(tract) == ["one"]
        assert tract.log()[0].canonical == '{"content":"one","role":"user"}'
    with pytest.raises(KeyError), tract.batch():
        tract.commit("two")
        inside = tract.compile()
        tract.branch("new")
        raise KeyError
    assert inside.messages[-1]["content"] == "two"
    assert (texts(tract), tract.branches()) == (["one"], ["main"])


def test_a_part_of_a_batch_fails_by_itself(tract: Tract) -> None:
    with tract.batch():
        tract.commit("one")
        with pytest.raises(KeyError), tract.batch():
            tract.commit("two")
            raise KeyError
        tract.commit("three")
    assert texts(tract) == ["one", "three"]


def test_a_batch_that_fails_leaves_the_branch_as_it_was(tract: Tract) -> None:
    tract.commit("1")
    with pytest.raises(ZeroDivisionError), tract.batch():
        tract.branch("inside", switch=True)
        tract.commit("2")
        _ = 1 / 0
    assert tract.current_branch == "main"
    with tract.batch():
        with pytest.raises(ZeroDivisionError), tract.batch():
            tract.branch("deeper", switch=True)
            _ = 1 / 0
        tract.commit("3")
        tract.branch("stays", switch=True)
    assert tract.current_branch == "stays"
    assert texts(tract) == ["1", "3"]


def test_origins_are_lines_of_the_caller(tract: Tract) -> None:
    tract.commit("one", generation_config={"temperature": 0.5})
    found = tract.store.calls()[0].params["temperature"]
    assert found.source is ParameterSource.CALL
    assert "test_tract.py:" in str(found.origin)
