"""Files are their owner's alone from the moment they are made, and nothing is reached over a network."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, stat, sys
os.umask(int(sys.argv[1], 8))
real, seen = os.open, {}
def watched(path, *args, **kwargs):  # the mode at the moment of making, before anything could mend it
    descriptor = real(path, *args, **kwargs)
    seen.setdefault(os.fspath(path) if not isinstance(path, int) else path, stat.S_IMODE(os.fstat(descriptor).st_mode))
    return descriptor
os.open = watched
import openai, thence
from thence.testing import Provider
from thence.upkeep import backup, export_bundle
with Provider() as provider:
    client = thence.wrap(openai.OpenAI(base_url=provider.url + "/v1", api_key="none"), store="new/deep/store.db")
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
from thence import faults
faults.note("a test", "of the file of faults")
with thence.open("new/deep/store.db") as store:
    store.flush()
    with store.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE more (x)")
    backup(store, "copy.db")
    export_bundle(store, "bundle.thence")
    from thence.upkeep import export_parquet
    list(export_parquet(store, "parquet"))
    for folder, _, names in os.walk("."):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            print(oct(stat.S_IMODE(os.stat(path).st_mode))[2:], path)
"""
GUARD = """
import socket, sys
def refused(*args, **kwargs):
    raise AssertionError(f"a socket: {args}")
socket.socket.connect = socket.socket.connect_ex = socket.socket.bind = socket.getaddrinfo = refused
socket.create_connection = socket.gethostbyname = refused
import thence, thence.openai, thence.anthropic
import openai, anthropic
for name in thence.__all__:
    getattr(thence, name)
thence.wrap(openai.OpenAI(api_key="none"), store="s/store.db")
thence.install(store="s/store.db"); thence.uninstall()
with thence.open("s/store.db") as store:
    store.flush()
    assert list(store.calls()) == []
    assert store.fsck() == []
with thence.Tract.open("s/store.db") as tract:
    tract.commit("hi")
    tract.compile()
from thence.cli import app
for words in (["doctor"], ["status"], ["log"], ["sources"], ["config"], ["fsck"]):
    app(words, standalone_mode=False)
"""


def python(code: str, folder: Path, *arguments: str) -> str:
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith("THENCE_")} | {"HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_files_and_folders_are_the_owners_alone(umask: str, tmp_path: Path) -> None:
    lines = (line.split(" ", 1) for line in python(PROGRAM, tmp_path, umask).splitlines())
    modes = {path: mode for mode, path in lines}
    del modes["."]
    kinds = {path: stat.S_ISDIR((tmp_path / path).lstat().st_mode) for path in modes if (tmp_path / path).exists()}
    wrong = {path: mode for path, mode in modes.items() if mode != ("700" if kinds.get(path) else "600")}
    assert {path: mode for path, mode in wrong.items() if ".gitignore" not in path} == {}
    said = " ".join(modes)
    for name in (
        "store.db",
        "store.db-wal",
        "store.db-shm",
        ".segment",
        "faults.jsonl",
        "copy.db",
        "bundle.thence",
        ".parquet",
    ):
        assert name in said, name


def test_no_network_at_import_or_open(tmp_path: Path) -> None:
    python(GUARD, tmp_path)
