"""The reference names all that there is to be named."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\bTHENCE_[A-Z_]+[A-Z]\b")
EXAMPLES = {"THENCE_PARAM_TEMPERATURE", "THENCE_PARAM_REASONING__EFFORT", "THENCE_COMPLETE"}


def test_every_variable_has_a_line() -> None:
    from thence.params.known import SETTINGS

    page = (ROOT / "docs/reference/environment.md").read_text()
    read = {found for file in (ROOT / "src").rglob("*.py") for found in VARIABLE.findall(file.read_text())}
    read |= {f"THENCE_{name.upper()}" for name in SETTINGS}
    assert read - EXAMPLES - {"THENCE_PARAM"} == set(VARIABLE.findall(page)) - EXAMPLES - {"THENCE_PARAM_NAME"}
