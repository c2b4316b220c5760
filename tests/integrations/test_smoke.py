"""Every integration's smoke test, with the real tool; those whose tool is not at hand are slow."""

from __future__ import annotations

import subprocess

import pytest
from tests.integrations.environment import INTEGRATIONS, NAMES, interpreter, is_at_hand

CASES = [pytest.param(name, id=name, marks=[] if is_at_hand(name) else [pytest.mark.slow]) for name in NAMES]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", CASES)
def test_the_integration_does_what_it_says(name: str) -> None:
    command = [interpreter(name), str(INTEGRATIONS / name / "smoke.py")]
    done = subprocess.run(command, cwd=INTEGRATIONS / name, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]


def test_every_folder_is_an_integration_that_can_be_tried() -> None:
    folders = {path.name for path in INTEGRATIONS.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(NAMES)
    for name in NAMES:
        readme = (INTEGRATIONS / name / "README.md").read_text()
        assert f"../environment.py {name}" in readme or "$ python smoke.py" in readme, name
