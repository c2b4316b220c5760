"""The first call starts a thread that imports the store, while the program imports it too, or ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys, time
from importlib.machinery import SourceFileLoader
import thence

loaded = SourceFileLoader.exec_module
def slowly(self, module):  # so that the two threads meet in the middle of it
    if module.__name__.startswith("thence.store"):
        time.sleep(0.02)
    return loaded(self, module)
SourceFileLoader.exec_module = slowly

@thence.record
def ask(prompt):
    return prompt

ask("hi")
time.sleep(float(sys.argv[1]))
with thence.open() as store:
    store.flush()
    assert len(store.calls()) == 1
time.sleep(1)
from thence import faults
assert not faults.counts(), faults.last()
"""


@pytest.mark.parametrize("pause", [0.25, 0.3, 0.35, 0.45])
def test_both_get_it_whole(tmp_path: Path, pause: float) -> None:
    command = [sys.executable, "-c", PROGRAM, str(pause)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr


ENDING = """
import atexit, sys, time
from importlib.machinery import SourceFileLoader

@atexit.register  # the first to be registered is the last to run
def check():
    specs = [(name, getattr(module, "__spec__", None)) for name, module in list(sys.modules.items())]
    half = [name for name, spec in specs if getattr(spec, "_initializing", False)]
    print(half, time.monotonic() - ended < 60)

import thence
loaded = SourceFileLoader.exec_module
def slowly(self, module):
    if module.__name__.startswith("thence.store"):
        time.sleep(0.02)
    return loaded(self, module)
SourceFileLoader.exec_module = slowly

@thence.record
def ask(prompt):
    return prompt

ask("hi")
time.sleep(float(sys.argv[1]))
ended = time.monotonic()
"""


@pytest.mark.parametrize("pause", [0.0, 0.35, 0.5])
def test_no_import_is_cut_off_by_the_end(tmp_path: Path, pause: float) -> None:
    """A thread that stopped in the middle of one keeps the import lock, and a finaliser may want it."""
    command = [sys.executable, "-c", ENDING, str(pause)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "[] True\n"), done.stderr
