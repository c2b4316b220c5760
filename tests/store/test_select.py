"""Queries in SQL answer as the language says: the same as plain Python, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import math
import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert
from tests.store.oracle import NOW, Told, matches
from tests.unit.query.strategies import conditions, expressions

from thence.errors import QueryError
from thence.hashing import content_hash, to_text
from thence.params import ABSENT, Parameter, ParameterSource
from thence.query import FIELDS, Expression, Field, Param, Value, parse
from thence.query.check import condition
from thence.store import schema
from thence.store.configuration import rows_of
from thence.store.engine import connect, reading, url_of, writing
from thence.store.identity import new_id
from thence.store.select import Question, kept_by_calls, parameter_names
from thence.store.typed import escaped

NAMES = ("temperature", "model", "stop", "a.b", "response_format", "$'\"`;--", "é", "user")
INSIDE: tuple[tuple[Any, ...], ...] = ((), (), (), ("type",), ("type", "a/b~c"), (0,), ("0",), (1, "x"), ("",))
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.7, 1.0, 0.1 + 0.2, -0.0, 1e400, -1e400, math.nan),
    *(2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64 - 1, 10**30, 10**30 + 1, 1e30, 10**400, -(10**400), 5e-324),
    *("", "0.7", "1", "true", "null", "gpt-4o", "gpt-4o-mini", "GPT-4O", "a*b?c[d]", "a%b_c\\", "é", "e\u0301"),
    *(
        "\0",
        "a\0b",
        "\ud800",
        "\x10",
        "\x100000",
        "\U0001f600",
        "a\nb",
        '"',
        "' or 1=1 --",
        "x" * 3000,
        "x" * 2999 + "y",
    ),
    *([], {}, ["a"], ["a", 1, None], [[1]], {"type": "json_object"}, {"type": {"a/b~c": [True]}, "0": 1, "": "e"}),
    *([{"x": 1}, {"x": "1"}], {"b": 1, "a": 2}, {"a": 2, "b": 1}, [0.7, "0.7"], [math.nan], {"x": 10**30}),
)
TEXTS = ("", "x", "y", "X", 'a","b', "a\0b", "\ud800", "é*", "\U0001f600", "exp-1", "exp-2")
HELD = [text for text in TEXTS if escaped(text) == text]
TIMES = [NOW - timedelta(hours=hours) for hours in (0, 1, 2, 24, 48, 10_000)]
HASHES = [content_hash(bytes([number])) for number in range(4)]


def some_parameter(chance: random.Random, name: str) -> Parameter:
    """A parameter in any of its states."""
    value, other = chance.choice(VALUES), chance.choice(VALUES)
    story: dict[str, Any] = {
        "source": chance.choice(list(ParameterSource)),
        "origin": chance.choice((None, "app.py:3", "thence.toml:7", "\0")),
        "change": chance.choice((None, "filled", "rewritten", "resolved")),
    }
    state = chance.choice(("sent", "sent", "sent", "rewritten", "resolved", "dropped", "server"))
    if state == "dropped":
        return Parameter(name, value, asked=value, state="dropped", **story)
    if state == "server":
        return Parameter(name, value, used=value, state="server", **story)
    asked = other if state == "rewritten" else chance.choice((value, ABSENT))
    used = other if state == "resolved" else chance.choice((value, ABSENT, ABSENT))
    return Parameter(
        name, value, asked=asked, sent=value, used=used, state="null" if value is None else "sent", **story
    )


def some_calls(chance: random.Random, count: int) -> list[tuple[Told, list[Parameter], list[Parameter]]]:
    """Calls that share a few dozen configurations; ``user`` and at times ``temperature`` are kept by the call."""
    shared = [
        [some_parameter(chance, name) for name in NAMES if name != "user" and chance.random() < 0.6] for _ in range(40)
    ]
    told = []
    for _ in range(count):
        configuration = chance.choice(shared)
        own = [some_parameter(chance, "user")] if chance.random() < 0.5 else []
        if chance.random() < 0.2 and not any(each.name == "temperature" for each in configuration):
            own.append(some_parameter(chance, "temperature"))
        started = chance.choice(TIMES)
        identity = str(uuid.UUID(bytes=new_id(round(started.timestamp() * 1e9))))
        fields: dict[str, Any] = {
            "id": identity,
            "tract": chance.choice(("main", "other")),
            "status": chance.choice(("completed", "failed", "closed")),
            "started_at": started,
            "duration": chance.choice((None, 0.0, 0.5, 2.25)),
            "usage.output_tokens": chance.choice((None, 0, 7, 2**53 - 1)),
            "tag": chance.sample([text for text in TEXTS if escaped(text) == text], chance.randrange(4))
            if chance.random() < 0.7
            else None,
            "finish_reason": chance.choice((["stop"], ["stop", "length"], None)),
            "base": to_text(chance.choice(HASHES)) if chance.random() < 0.7 else None,
        }
        for name in ("provider", "error", "label", "branch", "response_model"):
            fields[name] = chance.choice((None, *(text for text in TEXTS if text.isprintable() and text.isascii())))
        told.append((Told(identity, fields, {each.name: each for each in [*configuration, *own]}), configuration, own))
    return told


def put(engine: Engine, calls: list[tuple[Told, list[Parameter], list[Parameter]]]) -> None:
    """Put calls into an empty store."""
    schema.metadata.create_all(engine)
    rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in schema.metadata.sorted_tables}
    known = set()
    for told, configuration, own in calls:
        tract = told.fields["tract"]
        name = content_hash(repr([(each.name, id(each)) for each in configuration]).encode())
        if (tract, name) not in known:
            known.add((tract, name))
            rows[schema.configurations].append({"tract_id": tract, "hash": name, "size": len(configuration)})
            owner = {"tract_id": tract, "configuration_hash": name}
            rows[schema.parameters] += [{**owner, **row} for each in configuration for row in rows_of(each)[0]]
        owner = {"tract_id": tract, "call_id": told.id}
        rows[schema.call_parameters] += [{**owner, "exact": None, **row} for each in own for row in rows_of(each)[0]]
        columns = {key.removeprefix("usage."): value for key, value in told.fields.items() if key != "tract"}
        columns["tags"], columns["finish_reasons"] = columns.pop("tag"), columns.pop("finish_reason")
        columns["started_at"] = round(columns["started_at"].timestamp()) * 10**9
        columns["duration"] = None if columns["duration"] is None else round(columns["duration"] * 1e9)
        rows[schema.calls].append({"tract_id": tract, "configuration_hash": name, "attempt_count": 1, **columns})
    for tract in ("main", "other"):
        rows[schema.tracts].append({"tract_id": tract, "name": tract, "head": "main", "epoch": 0, "created_at": 0})
    with writing(engine) as connection:
        for table, found in rows.items():
            if found:
                connection.execute(insert(table), found)


def question(engine: Engine, where: Expression | None, **more: Any) -> Question:
    """A question about both tracts, with the facts of this store."""
    with reading(engine) as connection:
        rows = connection.execute(kept_by_calls(parameter_names(where), ("main", "other")))
        kept = {row.name: bool(row.shared) for row in rows}
    return Question(where, ("main", "other"), kept, NOW, **more)


def ids(engine: Engine, statement: Any) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.scalars(statement))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A store with :data:`CALLS`, on each database."""
    if request.param == "sqlite":
        made = connect(url_of(tmp_path_factory.mktemp("select") / "store.db"))
        put(made, CALLS)
        yield made
        made.dispose()
        return
    from tests.store import postgres

    with postgres.database(request.getfixturevalue("postgres_server")) as url:
        made = connect(url_of(url))
        put(made, CALLS)
        yield made
        made.dispose()


CALLS = some_calls(random.Random(7), 500)
TOLD = [told for told, _, _ in CALLS]

OPERANDS = st.one_of(
    st.builds(
        lambda name, inside, aspect: Param((name, *inside), aspect),
        st.sampled_from(NAMES),
        st.sampled_from(INSIDE),
        st.sampled_from(("value", "value", "value", "sent", "asked", "used", "source", "origin", "change")),
    ),
    st.sampled_from([name for name in TOLD[0].fields if FIELDS[name].type != "hash"]).map(Field),
)
LITERALS = st.sampled_from(
    [*VALUES, *TEXTS, "gpt-4*", "*o", "g?t*", "*", "?", "x*y", "x*", "a[*", "*\\", "*.toml*", "exp-*", 0.5, 7, 2.25]
)
WHEN = st.sampled_from(TIMES) | st.sampled_from([Value("ago", 3600.0 * hours) for hours in (0, 1, 2, 30)])
QUERIES = expressions(conditions(OPERANDS, LITERALS, WHEN))


def compare(engine: Engine, tree: Expression) -> None:
    """Every plan gives what plain Python gives, in order."""
    expected = sorted(told.id for told in TOLD if matches(tree, told))
    asked = question(engine, tree)
    assert ids(engine, asked.flat(schema.calls.c.id)) == expected, str(tree)
    assert ids(engine, asked.counted()) == [len(expected)]
    for newest, limit in ((True, 3), (False, 1000)):
        some = question(engine, tree, newest=newest, limit=limit)
        right = (expected[::-1] if newest else expected)[:limit]
        assert ids(engine, some.flat(schema.calls.c.id)) == right
        if newest:
            recent = set(sorted(told.id for told in TOLD)[-100:])
            found = ids(engine, replace(some, recent=100).flat(schema.calls.c.id))
            assert found == [each for each in expected[::-1] if each in recent][:limit], str(tree)
            assert ids(engine, replace(some, recent=10_000).flat(schema.calls.c.id)) == right
        if some.can_group:
            assert ids(engine, some.grouped(engine.dialect, schema.calls.c.id)) == right, str(tree)


@given(QUERIES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_sql_answers_as_python_does(engine: Engine, tree: Expression) -> None:
    compare(engine, tree)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@given(QUERIES)
@settings(max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_sql_answers_as_python_does_in_full(engine: Engine, tree: Expression) -> None:
    compare(engine, tree)


@pytest.mark.parametrize("symbol", ["=", "!=", ">", "<=", "~", "contains", "in", "between"])
def test_every_operator_on_every_value(engine: Engine, symbol: str) -> None:
    for value in VALUES:
        given_values = [value, value] if symbol in ("in", "between") else [value]
        try:
            tree = condition(Param(("stop",)), symbol, given_values)
        except QueryError:
            continue
        expected = sorted(told.id for told in TOLD if matches(tree, told))
        assert ids(engine, question(engine, tree).flat(schema.calls.c.id)) == expected, str(tree)[:200]


@pytest.mark.parametrize(
    ("query", "stored", "found"),
    [
        ("x > 0", 0.7, True),
        ("x = 0.7", "0.7", False),
        ("x = 1", True, False),
        ("x = true", 1, False),
        ("x = 1", 1.0, True),
        ("x missing", None, False),
        ("x = null", None, True),
        ("x != 5", None, True),
        ("x > 0", math.nan, False),
        ("x < 0", math.nan, False),
        ("x = nan", math.nan, True),
        ("x > 1e308", math.inf, True),
        ("x = 9007199254740993", 9007199254740992, False),
        ("x = 18446744073709551615", 18446744073709551614, False),
        ("x.type = t", {"type": "t"}, True),
        ('x."a.b" = 1', {"a.b": 1}, True),
        ('x."a.b" = 1', {"a": {"b": 1}}, False),
        ("x[1] = b", ["a", "b"], True),
        ("x contains b", ["a", "b"], True),
        ("x contains b", ["a", ["b"]], False),
        ("x contains b", "abc", True),
        ("x = ['a', 1]", ["a", 1], True),
        ("x = {'b': 1, 'a': 2}", {"a": 2, "b": 1}, True),
        ("x ~ A*", "abc", False),
        ("x ~ 'a[b]*'", "a[b]c", True),
        ("x > Z", "a", True),
        ("x > a", "é", True),
        ("x = 'it''s'", "it's", None),
    ],
)
def test_what_is_what(store_url: str, query: str, stored: Any, found: bool | None) -> None:
    if found is None:
        with pytest.raises(QueryError):
            parse(query)
        return
    engine = connect(url_of(store_url))
    parameter = Parameter("x", stored, ParameterSource.CALL, sent=stored, state="null" if stored is None else "sent")
    told = some_calls(random.Random(1), 1)[0][0]
    put(engine, [(told, [parameter], [])])
    assert ids(engine, question(engine, parse(query)).flat(schema.calls.c.id)) == [told.id] * found
    engine.dispose()


HOSTILE = [
    "'; drop table calls; --",
    '"); delete from calls; --',
    "%s",
    "%(x)s",
    ":x",
    "?",
    "{0}",
    "\\",
    "$.a",
    "\0",
    "a" * 300,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_values_are_bound(engine: Engine, text: str) -> None:
    for tree in (
        condition(Param((text, text)), "=", [text]),
        condition(Param((text,), "sent"), "contains", [text]),
        condition(Param((text,), "origin"), "~", [text]),
        condition(Field("error"), "in", [text, text + "x"]),
        condition(Field("tag"), "~", [text]),
        condition(Field("tract"), "!=", [text]),
    ):
        statement = question(engine, tree).flat(schema.calls.c.id)
        assert text not in str(statement.compile(engine)) or len(text) < 3
        expected = sorted(told.id for told in TOLD if matches(tree, told))
        assert ids(engine, statement) == expected


def test_hashes_by_their_beginning(engine: Engine) -> None:
    told = TOLD[0]
    for text in (told.id, told.id.replace("-", "").upper()):
        assert ids(engine, question(engine, condition(Field("id"), "=", [text])).flat(schema.calls.c.id)) == [told.id]
    assert told.id in ids(engine, question(engine, parse(f'id ~ "{told.id[:9]}*"')).flat(schema.calls.c.id))
    base = to_text(HASHES[0])
    right = sorted(each.id for each in TOLD if each.fields["base"] == base)
    for query in (f'base = "{base}"', f'base ~ "{base[:9]}*"', f'base ~ "{base[3:20]}*"'):
        assert ids(engine, question(engine, parse(query)).flat(schema.calls.c.id)) == right
    others = sorted(each.id for each in TOLD if each.fields["base"] not in (base, None))
    assert ids(engine, question(engine, parse(f'base != "{base}"')).flat(schema.calls.c.id)) == others


def test_very_many_values(engine: Engine) -> None:
    tree = condition(Param(("temperature",)), "not in", [*range(4000), *(f"t{number}" for number in range(900))])
    expected = sorted(told.id for told in TOLD if matches(tree, told))
    assert ids(engine, question(engine, tree).flat(schema.calls.c.id)) == expected
    many = parse(" or ".join(f"not (a = {number} and b = 1)" for number in range(100)))
    assert len(ids(engine, question(engine, many).flat(schema.calls.c.id))) == len(TOLD)
    deep = parse("not (a = 1 and (b = 1 or " * 6 + "c = 1" + "))" * 6)
    assert ids(engine, question(engine, deep).flat(schema.calls.c.id))


def test_texts_that_no_database_holds_break_no_query(store_url: str) -> None:
    engine = connect(url_of(store_url))
    told = [call for call, _, _ in some_calls(random.Random(3), 2)]
    told[0].fields["tag"], told[1].fields["tag"] = ["a\0b", "\ud800", "x"], ["\\ud800", "y", "\U0001f600"]
    put(engine, [(call, [], []) for call in told])
    for query, found in (
        ("tag ~ y*", told[1:]),
        ("tag ~ '?'", None),
        ("tag = 'a\\u0000b'", told[:1]),
        ("tag contains '\\ud800'", told[:1]),
        ("tag = '\\\\ud800'", told[1:]),
        ("tag ~ '*\\ud800*'", []),
    ):
        answer = ids(engine, question(engine, parse(query)).flat(schema.calls.c.id))
        assert found is None or answer == [call.id for call in found], query
    engine.dispose()
