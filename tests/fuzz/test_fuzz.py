"""Changed seeds, pieces of the grammar, and bundles made to harm: no crash, no hang, nothing written outside."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.fuzz.targets import TARGETS, confined, seeds

WORDS = (
    b"and or not ( ) [ ] { } = != ~ < > in between exists source . , : \" ' # \\ 0 -1 1e999 nan HEAD ^ @{ t1: "
    b"~99999999999999999999 = [[a]] \xff"
)
EXAMPLES = {"segment": 60, "query": 80, "revision": 60, "toml": 60, "dotenv": 40, "bundle": 8}


@st.composite
def changed(draw: st.DrawFn, name: str) -> bytes:
    """A seed with some of its bytes replaced, cut, doubled, or pieces of the grammar put in."""
    data = bytearray(draw(st.sampled_from(seeds(name))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        end = min(len(data), at + draw(st.integers(0, 9)))
        piece = draw(st.binary(max_size=8) | st.sampled_from(WORDS.split()) | st.just(bytes(data[at:end]) * 2))
        data[at:end] = piece
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read(name: str) -> None:
    @settings(max_examples=EXAMPLES[name], deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(changed(name) | st.binary(max_size=200))
    def run(data: bytes) -> None:
        TARGETS[name](data)

    for seed in seeds(name):
        TARGETS[name](seed)
    run()


LONG = ("(" * 20_000, "not " * 20_000, "a=1 and " * 5000 + "a=1", '"' * 20_001, "~" * 20_000 + "x", "HEAD~" + "9" * 900)


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:6])
@pytest.mark.parametrize("name", ["query", "revision", "toml", "dotenv"])
def test_long_and_deep(name: str, text: str) -> None:
    TARGETS[name](text.encode())


def rebuilt(change: dict[str, bytes], infos: list[tuple[zipfile.ZipInfo, bytes]] | None = None) -> bytes:
    """The seed's bundle, with other members."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(seeds("bundle")[0])) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, change.get(name, old.read(name)))
        for info, content in infos or []:
            new.writestr(info, content)
    return made.getvalue()


def link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    """A symbolic link as zip files have it."""
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


HARMFUL = {
    "traversal": lambda: rebuilt({}, [(zipfile.ZipInfo("../../../evil"), b"x")]),
    "an absolute path": lambda: rebuilt({}, [(zipfile.ZipInfo("/tmp/evil-of-thence"), b"x")]),
    "a link": lambda: rebuilt({}, [link("commits.jsonl ", "/etc/passwd")]),
    "a member that is a link": lambda: rebuilt({}, [link("refs.jsonl", "/etc/passwd")]),
    "a name of another system": lambda: rebuilt({}, [(zipfile.ZipInfo("..\\..\\evil"), b"x")]),
    "a bomb": lambda: rebuilt({"blobs.jsonl": b"0" * (8 << 20)}),
    "a bomb of lines": lambda: rebuilt({"blobs.jsonl": b"{}\n" * (2 << 20)}),
    "a bomb in a bomb": lambda: rebuilt({"blobs.jsonl": rebuilt({"blobs.jsonl": b"0" * (4 << 20)})}),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_bundles_made_to_harm(name: str) -> None:
    TARGETS["bundle"](HARMFUL[name]())


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.data())
def test_rows_of_a_bundle_that_say_something_else(data: st.DataObject) -> None:
    """The zip is sound, and what is in it is not: what is proven hash by hash."""
    with zipfile.ZipFile(io.BytesIO(seeds("bundle")[0])) as source:
        member = data.draw(st.sampled_from([name for name in source.namelist() if source.read(name)]))
        lines = source.read(member).splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    row = json.loads(lines[at])
    field = data.draw(st.sampled_from(sorted(row)))
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
    row[field] = data.draw(plain | st.lists(st.integers(), max_size=2))
    lines[at] = json.dumps(row).encode()
    TARGETS["bundle"](rebuilt({member: b"\n".join(lines) + b"\n"}))


def test_writing_outside_would_be_seen(tmp_path: Path) -> None:
    with confined() as folder:
        (folder / "inside").write_text("x")
        with pytest.raises(AssertionError, match="outside"):
            (tmp_path / "outside").write_text("x")
