"""The law of order: the same frames, in any order, split over any processes, read any number of times: one store."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.journals import Spoken, background, chat, conversation, frames_of, responses, stored, write
from tests.store.snapshots import snapshot

from thence import journal
from thence.ingest import Ingest, drain
from thence.store import open_store


def script() -> list[Spoken]:
    """Conversations, retries, echoes, edits and continued responses; each call at a time of its own."""
    first, second = conversation(4, 1), conversation(3, 20, system="Be long.")
    retry = chat(40, first[2].body["messages"], "another answer", temperature=1.5)
    again = chat(41, first[2].body["messages"], "answer 2 of 1")
    edited = chat(42, [*first[2].body["messages"][:2], {"role": "user", "content": "edited"}], "as edited")
    linked = [
        responses(50, "a", "b", "resp_1"),
        responses(51, "c", "d", "resp_2", "resp_1"),
        responses(52, "e", "f", "resp_3", "resp_2"),
        responses(53, "e", "g", "resp_4", "resp_2"),
        responses(54, "x", "y", "resp_5", "resp_unknown"),
    ]
    for number, (text, previous) in enumerate(
        [("g", None), ("g", "resp_1"), ("g", "resp_2"), ("g", None), ("i", None)]
    ):
        alike = responses(55 + number, "e", text, f"resp_a{number}", previous)
        alike.body["temperature"] = number / 10
        linked.append(alike)
    for number in range(3):
        talk = responses(70 + number, f"talk {number}", f"answer {number}", f"resp_t{number}")
        talk.body["conversation"] = "conv_1"
        linked.append(talk)
    later = [
        *background(80, "slow", "done", "resp_b1", "resp_2"),
        *background(90, "slow", "done", "resp_b2"),
        responses(99, "and then?", "that", "resp_b3", "resp_b1"),
    ]
    killed = chat(60, first[1].body["messages"])
    killed.end = False
    return [*first, *second, retry, again, edited, *linked, *later, killed]


CALLS = script()


def state(calls: Sequence[Sequence[Spoken]]) -> str:
    """The snapshot of a store after processes that wrote ``calls``, one after the other, each ingested at its end."""
    with tempfile.TemporaryDirectory() as folder:
        location = Path(folder) / "store.db"
        for each in calls:
            store, _ = stored(location, each)
            store.close()
        with open_store(location) as store:
            return snapshot(store)


EXPECTED = state([CALLS])


def test_two_that_continue_a_response_of_another_process() -> None:
    """Each continues the response that it names, not the other, though this process has stored only the other."""
    first, second, third = (call for call in CALLS if call.at in (51, 52, 53))
    assert state([[first], [second, third]]) == state([[first, second, third]])


@pytest.mark.timeout(600)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.permutations(CALLS), st.lists(st.integers(0, len(CALLS)), max_size=4))
def test_any_order_and_any_split_give_the_same_store(calls: list[Spoken], cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(calls)]
    assert state([calls[start:end] for start, end in itertools.pairwise(places)]) == EXPECTED


def test_the_same_frames_twice_change_nothing(tmp_path: Path) -> None:
    store, _ = stored(tmp_path / "store.db", CALLS)
    before = snapshot(store, without=frozenset({"ingested"}))
    write(journal.folder_for(store.url), CALLS)
    drain(store)
    assert snapshot(store, without=frozenset({"ingested"})) == before


def test_another_writer_without_any_memory_sees_the_same(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.db")
    folder = journal.folder_for(store.url)
    for call in CALLS:  # a cold start for every call
        write(folder, [call])
        Ingest(store).drain()
    assert snapshot(store) == EXPECTED


def test_calls_that_run_at_once_and_rotated_segments(tmp_path: Path) -> None:
    chosen = random.Random(3)
    waiting = [frames_of(call) for call in CALLS]
    store = open_store(tmp_path / "store.db")
    writer = journal.Writer(journal.folder_for(store.url), segment_size=4096)
    while any(waiting):
        frames = chosen.choice([frames for frames in waiting if frames])
        writer.append(*frames.pop(0))
        if chosen.random() < 0.2:
            drain(store)
    writer.close()
    report = drain(store)
    assert report.complete
    assert report.pending == 0
    assert snapshot(store) == EXPECTED
    assert journal.segments(journal.folder_for(store.url)) == []


def _drain(location: str) -> None:
    with open_store(location) as store:
        while not drain(store).complete:
            pass


@pytest.mark.timeout(600)
def test_several_processes_ingest_at_once(tmp_path: Path) -> None:
    location = tmp_path / "store.db"
    folder = journal.folder_for(str(location))
    for start in range(0, len(CALLS), 3):
        write(folder, CALLS[start : start + 3])
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_drain, args=(str(location),)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(500)
        assert process.exitcode == 0
    with open_store(location) as store:
        drain(store)
        assert snapshot(store) == EXPECTED
