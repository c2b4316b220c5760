"""The reference names every operator, field and function, and its examples parse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from thence.query import FIELDS, FUNCTIONS, OPERATORS, parse

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "query.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*FIELDS, *FUNCTIONS, *OPERATORS])
def test_every_name_is_documented(name: str) -> None:
    assert re.search(rf"[`(|.) ]{re.escape(name)}[`( ]", TEXT)


def test_examples_run() -> None:
    (condition,) = re.findall(r"where\('(.*)'\)", TEXT)
    assert len(list(parse(condition).conditions())) == 3
    namespace: dict[str, object] = {}
    example = next(block for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL) if "config_query" in block)
    for line in example.splitlines():
        code, _, said = line.partition("  # ")
        if code.startswith("from"):
            exec(code, namespace)
        elif said:
            assert eval(code, namespace) == eval(said)
