"""Chains of commits and forms, and the memory that a request is found by."""

from __future__ import annotations

import json
from collections.abc import Sequence

from thence.hashing import commit_hash, content_hash, form_hash, from_text, to_text
from thence.lineage import ROOT, Line, Lines, Point, forms, steps
from thence.providers import Split, find, split

CHAT = find("POST", "/v1/chat/completions")


def body(*said: str, system: str = "", spaced: bool = False) -> str:
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user" if n % 2 == 0 else "assistant", "content": text} for n, text in enumerate(said)]
    return json.dumps({"messages": messages, "model": "m"}, separators=None if spaced else (",", ":"))


def line(cut: Split) -> Line:
    links = list(steps(cut.items))
    return Line(cut, ROOT, [step.commit for step in links], [form.name for form in forms(cut.items)], 0)


def commits(text: str) -> list[bytes]:
    return [step.commit for step in steps(split(CHAT, text).items)]


def test_a_commit_is_what_was_said_after_what() -> None:
    one, two = commits(body("a", "b")), commits(body("a", "c"))
    assert one[0] == two[0]
    assert one[1] != two[1]
    assert commits(body("b"))[0] != one[1]
    assert one == commits(body("a", "b", spaced=True))


def test_forms_tell_apart_what_commits_do_not() -> None:
    tight = [form.name for form in forms(split(CHAT, body("a")).items)]
    spaced = [form.name for form in forms(split(CHAT, body("a", spaced=True)).items)]
    assert tight != spaced


def test_a_chain_goes_on_after_a_point() -> None:
    items = split(CHAT, body("a", "b", "c")).items
    whole = list(steps(items))
    begun = whole[0]
    rest = list(steps(items[1:], Point(begun.commit, 1)))
    assert [step.commit for step in rest] == [step.commit for step in whole[1:]]
    written = list(forms(items))
    assert list(forms(items[1:], written[0].name)) == written[1:]
    assert [step.depth for step in whole] == [0, 1, 2]
    assert [step.depth for step in rest] == [1, 2]


def test_no_two_records_share_a_name() -> None:
    content = content_hash(b"x")
    names = {
        commit_hash(None, "dialogue", "append", None, content),
        commit_hash(content, "dialogue", "append", None, content),
        commit_hash(None, "dialogue", "append", content, content),
        commit_hash(None, "dialogueappend", "", None, content),
        commit_hash(None, "dialogue", "edit", None, content),
        form_hash(None, b"x"),
        form_hash(content, b"x"),
        form_hash(None, b""),
        content,
    }
    assert len(names) == 9
    assert all(from_text(to_text(name)) == name for name in names)


def remembered(lines: Lines, text: str) -> Line | None:
    return lines.find("main", CHAT, text)


def keep(lines: Lines, text: str, instead_of: Line | None = None) -> Line:
    kept = line(split(CHAT, text))
    lines.keep("main", CHAT, kept, instead_of)
    return kept


def long(*said: str) -> Sequence[str]:
    return [text.ljust(60, ".") for text in said]


def test_a_request_finds_the_line_that_it_goes_on_from() -> None:
    lines = Lines()
    kept = keep(lines, body(*long("a")))
    other = keep(lines, body(*long("b")))
    assert remembered(lines, body(*long("a", "x", "y"))) is kept
    assert remembered(lines, body(*long("b", "x", "y"))) is other
    cut = split(CHAT, body(*long("a", "x", "y")), kept.split)
    assert kept.shared(cut) == 1


def test_conversations_that_share_a_long_beginning_are_told_apart() -> None:
    lines = Lines()
    system = "you are " * 500
    kept = [keep(lines, body(*long(f"{n}"), system=system)) for n in range(200)]
    found = [remembered(lines, body(*long(f"{n}", "x", "y"), system=system)) for n in range(200)]
    assert sum(one is two for one, two in zip(found, kept, strict=True)) >= 64
    assert all(each is not None for each in found)  # a line that begins alike, at least


def test_an_edited_history_shares_what_is_before_the_edit() -> None:
    lines = Lines()
    kept = keep(lines, body(*long("a", "b", "c", "d", "e")))
    edited = body(*long("a", "b", "C", "d", "e"))
    found = remembered(lines, edited)
    assert found is kept
    assert kept.shared(split(CHAT, edited, found.split)) == 2


def test_a_line_is_replaced_by_what_goes_on_from_it() -> None:
    lines = Lines()
    first = keep(lines, body(*long("a")))
    second = keep(lines, body(*long("a", "b", "c")), first)
    assert remembered(lines, body(*long("a", "b", "c", "d", "e"))) is second
    assert remembered(lines, body(*long("a", "x", "y"))) is second  # the newest that begins alike


def test_memory_is_bounded() -> None:
    lines = Lines(limit=100_000)
    for number in range(200):
        keep(lines, body(*long(f"{number}", "x" * 1000)))
        assert lines.held <= 100_000
    assert remembered(lines, body(*long("199", "x" * 1000, "y"))) is not None
    lines.clear()
    assert lines.held == 0
    assert remembered(lines, body(*long("199", "x" * 1000, "y"))) is None


def test_a_line_that_a_changed_instruction_precedes_shares_nothing() -> None:
    messages = find("POST", "/v1/messages")
    said = {"messages": [{"role": "user", "content": "a"}], "system": "one"}
    first = split(messages, json.dumps(said))
    known = line(first)
    said["system"] = "two"
    said["messages"] = [*said["messages"], {"role": "user", "content": "b"}]
    second = split(messages, json.dumps(said), first)
    assert second.reused == 1
    assert known.shared(second) == 0
