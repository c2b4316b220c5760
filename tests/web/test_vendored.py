"""What is vendored is what ``VENDORED.md`` says, and nothing on a page comes from anywhere else."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

import thence.web

HERE = Path(thence.web.__file__).parent
STATIC = HERE / "static"
OURS = {"complete.js", "entrance.js", "theme.js", "thence.js", "thence.css", "thence.svg"}
LINES = re.findall(
    r"^\| (\S+) \| (\S+) \| (.+?) \| (\S+) \| `([0-9a-f]{64})` \|$",
    (STATIC / "VENDORED.md").read_text(),
    re.MULTILINE,
)


def test_the_table_names_what_there_is() -> None:
    assert {name for name, *_ in LINES} == {"htmx.org", "uplot"}


@pytest.mark.parametrize(("package", "version", "licence", "file", "digest"), LINES)
def test_a_file_is_what_it_was_when_it_was_taken(
    package: str, version: str, licence: str, file: str, digest: str
) -> None:
    assert hashlib.sha256((STATIC / file).read_bytes()).hexdigest() == digest
    assert (STATIC / f"LICENSE-{package}.txt").read_text().strip()
    assert version[0].isdigit()
    assert licence in ("BSD-0-Clause", "MIT")


def test_what_is_not_vendored_is_ours() -> None:
    code = {path.name for path in STATIC.iterdir() if path.suffix in (".js", ".css", ".svg")}
    vendored = {file for _, _, _, file, _ in LINES}
    assert code - vendored >= OURS
    for name in code - vendored:
        assert len((STATIC / name).read_text().splitlines()) < 400, f"{name} is too long to be written by hand"


INLINE = re.compile(
    r"""\son[a-z]+\s*=|\sstyle\s*=|<style|<script(?![^>]*\ssrc=)|javascript:|https?://""", re.IGNORECASE
)


SERVED = sorted(path for path in HERE.glob("templates/*.html") if path.name != "frozen.html")  # a file holds its own


@pytest.mark.parametrize("template", SERVED, ids=lambda path: path.name)
def test_a_template_has_no_code_no_style_and_no_address_of_its_own(template: Path) -> None:
    assert INLINE.findall(template.read_text()) == []
