"""Calls that are named anew when what they continue turns up, and what others had done with their old names."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.store.journals import Spoken, background, responses, stored, write
from tests.store.test_order import CALLS
from tests.tract.conftest import postgres_server, postgres_url, sqlite_url, store_url

from thence import journal
from thence.errors import ThenceError
from thence.ingest import Ingest
from thence.store import Call, CommitInfo, open_store
from thence.tract import Tract
from thence.upkeep import fsck

__all__ = ["postgres_server", "postgres_url", "sqlite_url", "store_url"]


@pytest.fixture(autouse=True)
def journals(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journals of servers' stores, in a folder of the test's own."""
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path_factory.mktemp("journals")))


def spoken(at: int, said: str, text: str, name: str, previous: str | None = None, **params: object) -> Spoken:
    """A call of the Responses API, with parameters."""
    call = responses(at, said, text, name, previous)
    call.body.update(params)
    return call


FIRST = spoken(1, "x", "y", "rx")
CONTINUED = spoken(3, "e", "g", "rb", "rx", temperature=0.9)
LATER = spoken(4, "e", "g", "ra", temperature=0.1)
EARLIER = spoken(2, "e", "g", "ra", temperature=0.1)


def ingested(url: str, *groups: list[Spoken]) -> Tract:
    """A tract after processes that wrote these calls, one after the other."""
    for calls in groups:
        store, _ = stored(url, calls)
        store.close()
    return Tract.open(url)


def commit_of(tract: Tract, response: str) -> CommitInfo:
    """The answer with this id."""
    (found,) = [call.commit for call in tract.store.calls() if call.response_id == response]
    assert found is not None
    return found


def texts(tract: Tract) -> list[str]:
    """What the branch's context says."""
    return [message["content"] for message in tract.compile().messages]


def test_what_another_process_names_anew_is_void_in_this_one(store_url: str) -> None:
    one, two = open_store(store_url), open_store(store_url)
    folder = journal.folder_for(one.url)
    first, second = Ingest(one), Ingest(two)
    for ingest, call in ((first, CONTINUED), (second, FIRST), (first, spoken(5, "more", "h", "rc", "rb"))):
        write(folder, [call])
        assert ingest.drain().complete
    two.close()
    assert texts(Tract.open(one)) == ["x", "y", "e", "g", "more", "h"]
    assert fsck(one) == []
    one.close()


@pytest.mark.parametrize("root", [EARLIER, LATER], ids=["earlier", "later"])
@pytest.mark.parametrize("together", [True, False])
def test_a_name_that_another_call_has_too_means_that_call(store_url: str, root: Spoken, *, together: bool) -> None:
    groups = [[CONTINUED, root]] if together else [[root], [CONTINUED]]
    with ingested(store_url, *groups) as tract:
        tract.tag("mine", commit_of(tract, "ra").hash)
    with ingested(store_url, [FIRST]) as tract:
        assert commit_of(tract, "ra").generation_config == {"model": "gpt-4o", "temperature": 0.1}
        assert commit_of(tract, "rb").generation_config["temperature"] == 0.9  # type: ignore[index]
        (call,) = [call for call in tract.store.calls() if call.response_id == "ra"]
        assert call.base is not None
        assert call.base.created_at == call.started_at
        assert tract.show("mine") == commit_of(tract, "ra")
        newest = "ra" if root is LATER else "rb"
        assert tract.head == commit_of(tract, newest)
        assert tract.show("main@{0}") == tract.head
        assert fsck(tract.store) == []


def continued_by_hand(tract: Tract) -> None:
    tract.commit("by hand", generation_config={"temperature": 5})


def edited_by_hand(tract: Tract) -> None:
    tract.edit("HEAD", "by hand")


@pytest.mark.parametrize("work", [continued_by_hand, edited_by_hand])
def test_what_hands_went_on_from_stays(store_url: str, work: Callable[[Tract], None]) -> None:
    with ingested(store_url, [CONTINUED]) as tract:
        work(tract)
        before = [commit.hash for commit in tract.log()]
    with ingested(store_url, [FIRST]) as tract:
        assert [commit.hash for commit in tract.log()] == before
        assert commit_of(tract, "rb").depth == 3
        assert tract.log()[1].generation_config is None
        assert fsck(tract.store) == []


def test_what_hands_said_of_a_name_that_goes_is_said_of_the_new_one(store_url: str) -> None:
    with ingested(store_url, [CONTINUED]) as tract:
        tract.reset("HEAD~1")
        tract.commit({"role": "assistant", "content": "g"}, message="noted", metadata={"a": 1})
        tract.record_usage({"input_tokens": 77, "output_tokens": 1}, generation_config={"temperature": 4})
        tract.annotate("HEAD", "skip")
        tract.tag("tip")
    with ingested(store_url, [FIRST]) as tract:
        head = tract.head
        assert head == commit_of(tract, "rb") == tract.show("tip")
        assert head is not None
        assert (head.message, head.metadata) == ("noted", {"a": 1})
        assert head.generation_config == {"temperature": 4}
        assert texts(tract) == ["x", "y", "e"]
        assert [call.usage.input_tokens for call in tract.store.calls() if call.status == "recorded"] == [77]
        assert isinstance(tract.show("main@{0}"), (Call, CommitInfo))
        assert fsck(tract.store) == []


def some_work(tract: Tract, chance: random.Random) -> None:
    """Something that people do by hand, near the tip of the branch."""
    at = f"HEAD~{chance.randrange(3)}"
    name = f"name{chance.random()}"
    choices: list[Callable[[], object]] = [
        lambda: tract.commit(name, generation_config={"temperature": chance.random()}),
        lambda: tract.edit("HEAD", name),
        lambda: tract.annotate(at, chance.choice(["skip", "pin", "normal"])),
        lambda: tract.record_usage({"input_tokens": 7}, chance.choice([None, {"temperature": 4}])),
        lambda: tract.tag(name, at),
        lambda: tract.branch(name, at, switch=chance.random() < 0.3),
        lambda: tract.reset(at),
    ]
    with suppress(ThenceError):  # there is nothing yet, or what it is about is pinned
        chance.choice(choices)()


@pytest.mark.parametrize("seed", range(8))
def test_work_by_hand_between_calls_in_any_order(tmp_path: Path, seed: int) -> None:
    """Nothing is lost or damaged, and the recorded calls stand where they would have without it."""
    chance = random.Random(seed)
    calls, count = chance.sample(CALLS, len(CALLS)), chance.randint(2, 6)
    for number in range(count):
        with ingested(str(tmp_path / "store.db"), calls[number::count]) as tract:
            for _ in range(chance.randrange(4)):
                some_work(tract, chance)
            assert fsck(tract.store) == []
            for name in [*tract.branches(), *tract.tags()]:
                assert isinstance(tract.compile(name).messages, list)
    with ingested(str(tmp_path / "in_order.db"), CALLS) as expected:
        assert places(tract) == places(expected)


def places(tract: Tract) -> dict[str, list[str | None]]:
    """Where the recorded calls of a tract's store stand."""
    calls = [call for call in tract.store.calls() if call.status != "recorded"]
    return {call.id: [each.hash if each else None for each in (call.base, call.commit)] for call in calls}


@pytest.mark.parametrize("reads_first", [False, True])
def test_a_response_that_is_read_later_was_said_in_the_context_that_it_was_asked_in(
    store_url: str, *, reads_first: bool
) -> None:
    asked, *reads = background(10, "slow", "done", "rb", "rx")
    groups = [[FIRST], [asked], reads, [spoken(20, "more", "h", "rc", "rb")]]
    with ingested(store_url, *(reversed(groups) if reads_first else groups)) as tract:
        assert texts(tract) == ["x", "y", "slow", "done", "more", "h"]
        first, waiting, done, again = [call for call in tract.store.calls() if call.response_id == "rb"]
        assert first.base == waiting.base == done.base == again.base
        assert first.commit is waiting.commit is None
        assert done.commit == again.commit
        assert done.commit is not None
        assert first.base is not None
        assert done.commit.parent == first.base.hash
        assert fsck(tract.store) == []


@pytest.mark.parametrize("how", ["in order", "in reverse", "at once"])
def test_what_continues_a_response_goes_on_from_all_of_it(store_url: str, how: str) -> None:
    """Its stream was left, and the rest of it was read later."""
    asked, _, read, _ = background(10, "slow", "done", "rb")
    part = {"type": "output_text", "text": "do"}
    item = {"type": "message", "id": "msg_rb", "role": "assistant", "content": [part]}
    events = [
        {"type": "response.created", "response": asked.answer},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
    ]
    asked.answer = b"".join(b"data: %s\n\n" % json.dumps(event).encode() for event in events)
    asked.content_type, asked.status = "text/event-stream", "closed"
    calls = [asked, read, spoken(20, "more", "h", "rc", "rb")]
    groups = [calls] if how == "at once" else [[call] for call in (calls if how == "in order" else reversed(calls))]
    with ingested(store_url, *groups) as tract:
        assert texts(tract) == ["slow", "done", "more", "h"]
        assert fsck(tract.store) == []
