"""The lines of a graph join each entry to its parent, whatever the history looks like."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thence.cli.graph import draw


def drawn(*entries: tuple[str, str | None]) -> str:
    lines = []
    for (name, _), each in zip(entries, draw(entries), strict=True):
        lines += [*each.joins, f"{each.mark} {name}"]
    return "\n".join(lines)


def test_a_line() -> None:
    assert drawn(("c", "b"), ("b", "a"), ("a", None)) == "* c\n* b\n* a"


def test_a_retry_is_a_sibling() -> None:
    assert drawn(("c", "a"), ("b", "a"), ("a", None)) == "* c\n| * b\n|/\n* a"


def test_three_siblings() -> None:
    expected = "* d\n| * c\n| | * b\n| |/\n|/\n* a"
    assert drawn(("d", "a"), ("c", "a"), ("b", "a"), ("a", None)) == expected


def test_a_rail_crosses_another() -> None:
    history = [("e", "a"), ("d", "b"), ("c", "a"), ("a", None), ("b", None)]
    assert drawn(*history) == "* e\n| * d\n| | * c\n|_|/\n* | a\n  * b"


def test_two_conversations_stand_beside_each_other() -> None:
    assert drawn(("d", "b"), ("c", "a"), ("b", None), ("a", None)) == "* d\n| * c\n* | b\n  * a"


def test_a_root_between_others() -> None:
    history = [("e", "a"), ("d", None), ("c", "b"), ("b", None), ("a", None)]
    assert drawn(*history) == "* e\n| * d\n|   * c\n|   * b\n* a"


def test_what_follows_a_root_does_not_look_like_its_parent() -> None:
    assert drawn(("c", None), ("b", "a"), ("a", None)) == "* c\n  * b\n  * a"


@st.composite
def forests(draw_from: st.DrawFn) -> list[tuple[str, str | None]]:
    size = draw_from(st.integers(1, 30))
    parents = [draw_from(st.none() | st.integers(0, number - 1)) if number else None for number in range(size)]
    return [(str(n), None if p is None else str(p)) for n, p in reversed(list(enumerate(parents)))]


@settings(suppress_health_check=[HealthCheck.too_slow])  # of a loaded machine
@given(forests())
def test_every_parent_is_reached(history: list[tuple[str, str | None]]) -> None:
    """Follow the lines down from each entry, as an eye does: they end at its parent's mark."""
    rows: list[tuple[str, str | None]] = []
    for (name, _), each in zip(history, draw(history), strict=True):
        rows += [(line, None) for line in each.joins]
        rows.append((each.mark, name))
    for name, parent in history:
        assert reached(rows, name) == parent


def reached(rows: list[tuple[str, str | None]], name: str) -> str | None:
    start = next(number for number, (_, found) in enumerate(rows) if found == name)
    column = rows[start][0].index("*")
    for line, found in rows[start + 1 :]:
        if line[column : column + 1] == "*":
            return found
        if line[column : column + 1] == "|":
            continue
        if line[column - 1 : column] != "/":
            return None
        column -= 2
        while column > 0 and line[column - 1] == "_":
            column -= 2
    return None
