"""The code of the README and of the pages runs as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from thence import local
from thence.errors import NotFound

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def pages() -> Iterator[Path]:
    yield ROOT / "README.md"
    for folder in ("tutorials", "how-to", "reference", "explanation"):
        yield from sorted((ROOT / "docs" / folder).glob("*.md"))


def programs() -> Iterator[tuple[str, str]]:
    """Each page with the program that its blocks make, taken together."""
    for page in pages():
        blocks = BLOCK.findall(page.read_text())
        if blocks:
            yield str(page.relative_to(ROOT)), "\n".join(blocks)


def has_model() -> bool:
    try:
        local.find_model()
    except NotFound:
        return False
    return True


@pytest.mark.parametrize(("page", "program"), [pytest.param(*each, id=each[0]) for each in programs()])
def test_code_of_the_page_runs(page: str, program: str, tmp_path: Path) -> None:
    if "local.serve" in program and not has_model():
        pytest.skip("the local model is not installed")
    surroundings = {**os.environ, "OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, f"{page}\n{done.stderr}"
