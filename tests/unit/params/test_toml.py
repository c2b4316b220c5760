"""Lines of TOML keys: checked against the parser over made-up documents, and what is refused, with its line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thence.errors import ConfigError
from thence.params.toml import LIMIT, parse, read

FILE = Path("thence.toml")

names = st.sampled_from(["a", "b-1", "c_d", "1", "a.b", "é", "gpt-4*", "[x]", "# no", "=", "", 'q"q', "back\\slash"])
strings = st.sampled_from(
    ['"x"', "'y'", '"]#="', "'''\n[not]\n'''", '"""\nno = 1\n\\"""\n"""', '""""quoted"" """', '"""a"""""', "''''q'''"]
)
scalars = st.sampled_from(["1", "-0.5", "true", "1979-05-27 07:32:00", "0x1F", "nan", "1_000"]) | strings
spaces = st.sampled_from(["", " ", "\t"])


def key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() and name.isascii() and name else json.dumps(name)


@st.composite
def inline(draw: st.DrawFn) -> str:
    members = draw(st.lists(st.tuples(names, scalars | arrays), max_size=3, unique_by=lambda pair: pair[0]))
    return "{" + ", ".join(f"{key(name)} = {value}" for name, value in members) + "}"


arrays = st.lists(scalars, max_size=3).map(lambda items: "[ # comment ]\n" + ",\n".join(items) + "\n]")
value_texts = scalars | arrays | inline()


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[tuple[str, ...], int]]:
    """A document, and the line of every key as it was written."""
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    tables = draw(st.lists(st.lists(names, min_size=1, max_size=3).map(tuple), max_size=4, unique=True))
    breaks = draw(st.sampled_from(["\n", "\r\n"]))
    for table in ((), *tables):
        lines += draw(st.lists(st.sampled_from(["", "# [c]", "  "]), max_size=2))
        if table:
            lines.append(draw(spaces) + "[" + " . ".join(map(key, table)) + "] # c")
            for length in range(1, len(table) + 1):
                expected.setdefault(table[:length], len(lines))
        used = {
            other[len(table)] for other in ((), *tables) if other[: len(table)] == table and len(other) > len(table)
        }
        for name in draw(st.lists(names, max_size=3, unique=True)):
            if name in used:
                continue
            text = draw(value_texts)
            lines.append(f"{draw(spaces)}{key(name)}{draw(spaces)}= {text}")
            path = (*table, name)
            expected[path] = len("\n".join(lines[:-1]).split("\n")) + 1 if lines[:-1] else 1
            lines = "\n".join(lines).split("\n")
    return breaks.join(lines), expected


def paths(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, value in table.items():
        yield (*above, name)
        if isinstance(value, dict):
            yield from paths(value, (*above, name))


@given(documents())
def test_every_key_has_its_line(document: tuple[str, dict[tuple[str, ...], int]]) -> None:
    text, expected = document
    read_back = parse(text, FILE)
    found = {path: line for path, line in read_back.lines.items() if not any(name.startswith("\n") for name in path)}
    assert set(found) == set(paths(read_back.values))
    assert {path: found[path] for path in expected} == expected


def test_lines_within_inline_tables_and_arrays() -> None:
    document = parse("[t]\na = {b = [\n1\n], c.d = 2}\n[[x]]\ny = 1\n[[x]]\ny = 2\n[x.z]\ny = 1\n", FILE)
    assert document.line("t", "a", "b") == 2
    assert document.line("t", "a", "c", "d") == 4
    assert document.line("x") == document.line("x", "y") == 5
    assert document.line("nowhere") == 1
    assert document.origin("t", "a").endswith("thence.toml:2")


REFUSED = {
    "a = 1\na = 2\n": (2, "given twice"),
    "[a]\nx = 1\n\n[a]\ny = 2\n": (4, "given twice"),
    "[p.a]\n[p.b]\n[o]\n[p.c]\n[p.a]\n": (5, "given twice"),
    "[a]\nx = { y = 1, y = 2 }\n": (2, "given twice"),
    "a = \n": (1, "no TOML"),
    "x = 1\n[a\n": (2, "no TOML"),
    'x = 1\na = "\\q"\n': (2, "no TOML"),
    "\n\nfoo\n": (3, "no TOML"),
    "a = " + "[" * 100_000: (1, "nested"),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:20]))
@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_what_is_no_toml_is_refused_with_its_line(text: str, breaks: str) -> None:
    line, said = REFUSED[text]
    with pytest.raises(ConfigError, match=said) as refused:
        parse(text.replace("\n", breaks), FILE)
    assert refused.value.origin == f"thence.toml:{line}"


@given(st.text(alphabet="[]{}\"'=.,#ab1\n\\ ", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        origin = parse(text, FILE).origin()
    except ConfigError as error:
        origin = str(error.origin)
    assert origin.startswith("thence.toml:")
    assert 1 <= int(origin.partition(":")[2]) <= text.count("\n") + 1


def written(folder: Path, content: bytes) -> Path:
    path = folder / "thence.toml"
    path.write_bytes(content)
    return path


def test_bom_crlf_and_empty_are_read(tmp_path: Path) -> None:
    document = read(written(tmp_path, b'\xef\xbb\xbf# hi\r\n[params]\r\nx = """a\r\nb"""\r\ny = 1\r\n'))
    assert document.values["params"]["y"] == 1
    assert document.line("params", "y") == 5
    assert read(written(tmp_path, b"")).values == {}


def test_files_that_cant_be_read_are_refused_by_name(tmp_path: Path) -> None:
    long = written(tmp_path, b"# " + b"x" * 10 * LIMIT)
    with pytest.raises(ConfigError, match=r"thence\.toml:1: is longer than 1 MiB"):
        read(long)
    with pytest.raises(ConfigError, match=r"thence\.toml:2: is not UTF-8: byte 0xff"):
        read(written(tmp_path, b"a = 1\nb = '\xff'\n"))
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    for path, said in ((loop, "can't be read"), (pipe, "no regular file"), (tmp_path, "no regular file")):
        with pytest.raises(ConfigError, match=said) as refused:
            read(path)
        assert path.name in str(refused.value)
