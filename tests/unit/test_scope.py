"""Sessions, overrides and labels: nesting, tasks, threads, generators, and the place that each was opened at."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from thence.errors import ConfigError
from thence.params import Layer, ParameterSource, fill
from thence.scope import Scope, current, in_flight, labelled, override, session

CHAT = "/chat/completions"


def filled(**given: object) -> dict[str, object]:
    now = current()
    return dict(fill(given, now.layers if now else (), endpoint=CHAT).values)


def test_outside_there_is_no_scope() -> None:
    assert current() is None
    assert in_flight.get() is None


def test_a_session_says_all_that_it_was_given() -> None:
    with session("t", "b", params={"seed": 1}, tags=["x"], metadata={"k": 1}) as scope:
        assert current() is scope
        assert (scope.tract, scope.branch, scope.tags, scope.metadata) == ("t", "b", ("x",), {"k": 1})
        (layer,) = scope.layers
        assert layer.source is ParameterSource.SESSION
        assert layer.values == {"seed": 1}
        assert str(layer.origin).startswith("tests/unit/test_scope.py:")
    assert current() is None


def test_the_inner_comes_first_and_what_it_leaves_out_is_the_outers() -> None:
    with session("t", "b", params={"seed": 1, "top_p": 0.5}, tags=["x", "y"], metadata={"k": 1, "l": 1}):
        with session(branch="c", params={"seed": 2}, tags=["y", "z"], metadata={"k": 2}) as inner:
            assert (inner.tract, inner.branch) == ("t", "c")
            assert (inner.tags, inner.metadata) == (("x", "y", "z"), {"k": 2, "l": 1})
            assert filled() == {"seed": 2, "top_p": 0.5}
        with session("other") as elsewhere:
            assert (elsewhere.tract, elsewhere.branch) == ("other", None)
        assert filled() == {"seed": 1, "top_p": 0.5}


def test_an_override_locks_whatever_is_inside() -> None:
    with override(temperature=0), session(params={"temperature": 1}):
        assert filled(temperature=0.7) == {"temperature": 0}


def test_a_label_names_the_calls_inside() -> None:
    layer = Layer(ParameterSource.DECORATOR, "f", {"seed": 3})
    with labelled("outer"), labelled("inner", layers=[layer]) as scope:
        assert scope.label == "inner"
        assert filled() == {"seed": 3}


@pytest.mark.parametrize("name", ["stream", "n", "response_format", "messages", "betas", "compaction"])
def test_what_changes_the_answers_type_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"test_scope\.py:\d+: {name} can't be set from outside the call"):
        override(**{name: 1})
    with pytest.raises(ConfigError, match=name):
        session(params={"extra_body": {name: 1}})


def test_a_preset_is_looked_up_when_the_session_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thence.toml").write_text("[presets.precise]\ntemperature = 0\n")
    monkeypatch.chdir(tmp_path)
    with session(params={"seed": 1}, preset="precise"):
        assert filled() == {"seed": 1, "temperature": 0}
    with pytest.raises(ConfigError, match="no preset precice: did you mean precise"):
        session(preset="precice")


def test_an_exception_passes_and_the_scope_is_left() -> None:
    with pytest.raises(KeyError), session("t"):
        raise KeyError
    assert current() is None


def test_one_opening_may_be_entered_again_and_by_many_threads() -> None:
    opening = session("t", tags=["x"])
    with opening, opening as twice:
        assert twice.tags == ("x",)
    assert current() is None
    gate = threading.Barrier(8)
    seen: list[Scope | None] = []

    def work() -> None:
        with opening:
            gate.wait()
            seen.append(current())
            gate.wait()
        seen.append(current())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [scope is None for scope in seen] == [False] * 8 + [True] * 8


def test_a_thread_has_a_scope_only_by_a_copy_of_the_context() -> None:
    seen: list[str | None] = []

    def work() -> None:
        now = current()
        seen.append(now.tract if now else None)

    with session("t"):
        context = contextvars.copy_context()
        for thread in (threading.Thread(target=work), threading.Thread(target=context.run, args=(work,))):
            thread.start()
            thread.join()
    assert seen == [None, "t"]


def test_tasks_keep_to_themselves() -> None:
    async def one(name: str) -> tuple[str | None, ...]:
        async with session(branch=name) as scope:
            await asyncio.sleep(0)
            now = current()
            assert now is scope
            threaded = await asyncio.to_thread(current)
            assert threaded is scope
            return now.tract, now.branch

    async def all_of_them() -> list[tuple[str | None, ...]]:
        async with session("t"):
            return await asyncio.gather(*(one(str(number)) for number in range(20)))

    assert asyncio.run(all_of_them()) == [("t", str(number)) for number in range(20)]
    assert current() is None


def test_generators_may_leave_in_any_order() -> None:
    def inside(name: str) -> Generator[None, None, None]:
        with session(tags=[name]):
            yield

    def tags() -> tuple[str, ...]:
        now = current()
        return now.tags if now else ()

    first, second, third = inside("a"), inside("b"), inside("c")
    for generator in (first, second, third):
        next(generator)
    assert tags() == ("a", "b", "c")
    second.close()
    assert tags() == ("a", "c")
    first.close()
    assert tags() == ("c",)
    third.close()
    assert current() is None


def test_leaving_in_another_context_leaves_that_context_alone() -> None:
    async def inside() -> AsyncGenerator[None, None]:
        async with session("t"):
            yield

    async def main() -> None:
        generator = inside()
        await asyncio.create_task(anext_of(generator))
        with session("mine"):
            await generator.aclose()
            now = current()
            assert now is not None
            assert now.tract == "mine"
        assert current() is None

    async def anext_of(generator: AsyncGenerator[None, None]) -> None:
        await generator.__anext__()

    asyncio.run(main())


def test_a_session_is_opened_where_the_working_directory_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    names: dict[str, object] = {"session": session}
    exec(compile("opened = session(params={'seed': 1})", "made/up.py", "exec"), names)
    with names["opened"] as scope:  # type: ignore[attr-defined]
        assert scope.layers[0].origin == "made/up.py:1"
