"""The invariant of provenance: what is recorded as sent is what stood on the wire, whoever set it, in every call."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import openai
import pytest
from tests.seams.forms import USER, client_of

import thence
from thence.params import ABSENT
from thence.testing import Answer, Provider

CONTENT = {"messages", "input", "instructions", "system", "prompt"}
NOT_GIVEN = getattr(openai, "NOT_GIVEN", None) or openai.omit

Call = Callable[[Any, Any], Any]


def chat(**given: Any) -> Call:
    return lambda client, _: client.chat.completions.create(**{"model": "m", "messages": USER, **given})


def within(scope: Callable[[], Any], call: Call) -> Call:
    def inside(client: Any, other: Any) -> Any:
        with scope():
            return call(client, other)

    return inside


def helper(client: Any, _: Any) -> Any:
    with client.chat.completions.stream(model="m", messages=USER) as stream:
        return list(stream)


# What is called, and which parameters must have which source.
CASES: dict[str, tuple[Call, dict[str, str]]] = {
    "nothing": (chat(), {"model": "CALL"}),
    "keyword": (chat(temperature=0), {"temperature": "CALL"}),
    "extra_body over keyword": (chat(temperature=0.7, extra_body={"temperature": 0.1}), {"temperature": "CALL"}),
    "unknown in extra_body": (chat(extra_body={"min_p": 0.05, "a.b": {"c": [1]}}), {"min_p": "CALL", "a.b": "CALL"}),
    "not given": (chat(temperature=NOT_GIVEN), {"model": "CALL"}),
    "explicit null": (chat(temperature=None), {"temperature": "CALL"}),
    "large numbers": (chat(seed=2**70, temperature=1e-7), {"seed": "CALL"}),
    "tools": (chat(tools=[{"type": "function", "function": {"name": "f" * 2000}}]), {"tools": "CALL"}),
    "stream": (chat(stream=True), {"stream": "CALL"}),
    "stream helper": (helper, {"stream": "SDK"}),
    "embeddings": (lambda c, _: c.embeddings.create(model="e", input="a"), {"encoding_format": "SDK"}),
    "responses": (lambda c, _: c.responses.create(model="m", input="a", top_p=0.5), {"top_p": "CALL"}),
    "anthropic": (
        lambda _, a: a.messages.create(model="m", max_tokens=5, messages=USER, extra_body={"top_k": 3}),
        {"top_k": "CALL", "max_tokens": "CALL"},
    ),
    "session": (within(lambda: thence.session(params={"top_p": 0.3}), chat()), {"top_p": "SESSION"}),
    "session loses to the call": (
        within(lambda: thence.session(params={"top_p": 0.3}), chat(top_p=0.9)),
        {"top_p": "CALL"},
    ),
    "override wins over the call": (
        within(lambda: thence.override(temperature=0), chat(temperature=0.9)),
        {"temperature": "OVERRIDE"},
    ),
    "override wins over extra_body": (
        within(lambda: thence.override(min_p=0.5), chat(extra_body={"min_p": 0.1})),
        {"min_p": "OVERRIDE"},
    ),
}
FORMAT: Any = {"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}}
CASES["override beside a format"] = (
    within(
        lambda: thence.override(text={"verbosity": "low"}),
        lambda c, _: c.responses.create(model="m", input="a", text=FORMAT),
    ),
    {"text": "OVERRIDE"},
)
LAYERED = {"presence_penalty": "CLIENT", "frequency_penalty": "ENV", "logit_bias": "PRESET", "seed": "CONFIG_FILE"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THENCE_STORE", str(tmp_path / "store.db"))
    return tmp_path


def run(name: str, **options: Any) -> tuple[Any, dict[str, Any]]:
    """One case through wrapped clients: the recorded parameters, and the members on the wire."""
    with Provider() as provider:
        clients = [thence.wrap(client_of(sdk, provider.url), **options) for sdk in ("openai", "anthropic")]
        result = CASES[name][0](*clients)
        if hasattr(result, "close"):
            list(result)
        (seen,) = provider.seen
    (call,) = thence.calls()
    return call.params, {member: value for member, value in seen.json.items() if member not in CONTENT}


def check(params: Any, wire: dict[str, Any], sources: dict[str, str]) -> None:
    sent = {name: parameter.sent for name, parameter in params.items() if parameter.sent is not ABSENT}
    assert sent == wire
    assert {name: params[name].value for name in wire} == wire
    assert {name: params[name].source.name for name in sources} == sources


@pytest.mark.parametrize("name", CASES)
def test_without_layers(name: str, here: Path) -> None:
    del here
    check(*run(name), CASES[name][1])


@pytest.mark.parametrize("name", ["nothing", "keyword", "explicit null", "override wins over the call", "stream"])
def test_with_every_layer(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_PARAM_FREQUENCY_PENALTY", "0.25")
    (here / "thence.toml").write_text("[params]\nseed = 7\n\n[presets.odd]\nlogit_bias = { '1' = 2 }\nseed = 8\n")
    params, wire = run(name, params={"presence_penalty": 0.5}, preset="odd")
    check(params, wire, {**CASES[name][1], **LAYERED})
    assert wire["seed"] == 7
    assert [(c.source.name, c.value) for c in params["seed"].shadowed] == [("PRESET", 8)]


def test_a_call_that_a_worker_of_a_pool_begins_has_no_line_of_the_program(here: Path) -> None:
    del here
    given: dict[str, Any] = {"model": "m", "messages": USER}
    with Provider() as provider:
        create = thence.wrap(client_of("openai", provider.url)).chat.completions.create
        with ThreadPoolExecutor(1) as pool:
            pool.submit(create, **given).result()
            pool.submit(lambda: create(**given)).result()
        with ThreadPool(1) as other:
            other.apply(create, kwds=given)
    submitted, through_lambda, applied = thence.calls()
    assert (submitted.callsite, applied.callsite) == (None, None)
    assert submitted.params["model"].origin is None
    assert Path(__file__).name in str(through_lambda.callsite)


@pytest.mark.parametrize(
    ("file", "place"),
    [("app/workflows/daily.py", "app/workflows/daily.py:1"), ("lib/site-packages/workflows/step.py", "test_recorded")],
    ids=["the program's", "the library"],
)
def test_a_package_that_a_library_has_the_name_of_is_the_programs(file: str, place: str, here: Path) -> None:
    with Provider() as provider:
        client = thence.wrap(client_of("openai", provider.url))
        names = {"__name__": "workflows.daily", "client": client, "call": USER}
        exec(compile("client.chat.completions.create(model='m', messages=call)", str(here / file), "exec"), names)
    (call,) = thence.calls()
    assert place in str(call.callsite)


@pytest.mark.parametrize("module", [{}, {"__name__": None}], ids=["without a name", "with none"])
def test_code_of_no_module_is_recorded_like_any_other(module: dict[str, Any], here: Path) -> None:
    del here
    program = "with thence.session(params={'seed': 1}):\n    call(client, None)\n"
    with Provider() as provider:
        client = thence.wrap(client_of("openai", provider.url))
        exec(program, {**module, "thence": thence, "client": client, "call": chat()})
    (call,) = thence.calls()
    assert (call.params["seed"].source.name, call.params["seed"].origin) == ("SESSION", "<string>:1")


def test_a_mark_that_an_sdk_hands_on_asked_for_nothing(here: Path) -> None:
    del here
    with Provider() as provider:
        client = thence.wrap(client_of("anthropic", provider.url))
        with thence.session(params={"stop": "END"}):
            client.messages.create(model="m", max_tokens=5, messages=USER, extra_body={"metadata": {"user_id": "u"}})
        (seen,) = provider.seen
    (call,) = thence.calls()
    assert seen.json["stop_sequences"] == call.params["stop_sequences"].sent == ["END"]
    stop, metadata = call.params["stop_sequences"], call.params["metadata"]
    assert (stop.source.name, stop.asked, stop.change, stop.shadowed) == ("SESSION", "END", "renamed", ())
    assert (metadata.source.name, metadata.change, metadata.shadowed) == ("CALL", None, ())


def test_a_model_that_is_no_text_matches_no_pattern(here: Path) -> None:
    (here / "thence.toml").write_text("[params.'gpt-*']\nseed = 1\n")
    with Provider() as provider:
        client = thence.wrap(client_of("openai", provider.url))
        client.post("/chat/completions", body={"model": 5, "messages": USER}, cast_to=object)
    (call,) = thence.calls()
    assert call.params.wire() == {"model": 5}


@pytest.mark.filterwarnings("ignore:The Assistants API is deprecated")
def test_a_stream_that_a_helper_of_runs_asks_for_is_the_sdks(here: Path) -> None:
    del here
    run = {"id": "r", "object": "thread.run", "created_at": 1, "thread_id": "t", "status": "completed"}
    with Provider(lambda _: Answer.sse([("thread.run.completed", run)])) as provider:
        runs = thence.wrap(client_of("openai", provider.url)).beta.threads.runs
        with runs.stream(thread_id="t", assistant_id="a") as helped:
            helped.until_done()
        list(runs.create(thread_id="t", assistant_id="a", stream=True))
    assert [call.params["stream"].source.name for call in thence.calls()] == ["SDK", "CALL"]
    assert [call.params["stream"].sent for call in thence.calls()] == [True, True]
