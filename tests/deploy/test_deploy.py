"""The shapes in which programs are run: servers with workers, queues, notebooks, functions, pools."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.deploy.shapes import check, end_all, environment, start
from tests.store.conftest import postgres_server, postgres_url

from thence.testing import Answer, Provider
from thence.testing.canned import canned

__all__ = ["postgres_server", "postgres_url"]

PATIENCE = 60.0


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    def slowly(seen: Any) -> Answer:
        return Answer(canned(seen.method, seen.path, seen.json, 1)[1], delay=0.02)

    with Provider(slowly) as running:
        yield running


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", "")  # so that what a check sets there goes with the test
    yield
    end_all()


class Service:
    """A web service on a socket that was made for it."""

    def __init__(self, *command: str, environ: dict[str, str]) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        descriptor = self.listening.fileno()
        words = [word.format(fd=descriptor) for word in command]
        self.process = start(*words, environ=environ, pass_fds=[descriptor], stdout=subprocess.PIPE)
        self.told: list[str] = []
        self.perhaps: list[str] = []

    def get(self, word: str) -> None:
        """Ask for a word; note what was told."""
        host, port = self.listening.getsockname()
        with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as connection:
            try:
                connection.request("GET", f"/{word}")
                answer = connection.getresponse()
                said = answer.read().decode()
            except (OSError, http.client.HTTPException):  # its worker was killed
                self.perhaps.append(word)
                return
            assert answer.status == 200, said
            self.told.append(said)

    def all(self, words: list[str]) -> None:
        """Ask for several at a time."""
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(self.get, words))

    def pids(self) -> set[int]:
        """The processes that have told anything."""
        return {int(said.split()[0]) for said in self.told}

    def stop(self) -> str:
        """End it as its platform does; what it printed."""
        self.listening.close()
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=PATIENCE)[0]


def locked(path: str) -> sqlite3.Connection:
    """A stranger's lock on a store."""
    stranger = sqlite3.connect(path, isolation_level=None, timeout=30)
    stranger.execute("BEGIN IMMEDIATE")
    return stranger


def test_gunicorn_with_preload(provider: Provider, tmp_path: Path) -> None:
    """The client is wrapped, and used, before the workers are forked; one of them is killed."""
    environ = environment(provider.url, tmp_path, WARM="1")
    options = ["--preload", "--workers=2", "--threads=2", "--bind=fd://{fd}", "--log-level=warning"]
    service = Service("-m", "gunicorn", *options, "tests.deploy.programs.web:application", environ=environ)
    service.all([f"a{number}" for number in range(8)])
    os.kill(service.pids().pop(), signal.SIGKILL)
    service.all([f"b{number}" for number in range(8)])
    with closing(locked(environ["THENCE_STORE"])):  # nobody waits for the store
        began = time.monotonic()
        printed = service.stop()
        assert time.monotonic() - began < 15
    assert service.process.returncode == 0
    assert len(service.pids()) >= 2
    check(environ, [*service.told, *printed.splitlines()], service.perhaps)


def test_uvicorn_with_workers(provider: Provider, tmp_path: Path) -> None:
    environ = environment(provider.url, tmp_path)
    options = ["--workers=2", "--fd={fd}", "--log-level=warning"]
    service = Service("-m", "uvicorn", *options, "tests.deploy.programs.web:asgi", environ=environ)
    service.all([f"a{number}" for number in range(16)])
    service.stop()
    check(environ, service.told, service.perhaps)


def test_celery(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Children of a process that has recorded already, each replaced after three tasks."""
    environ = environment(provider.url, tmp_path, CELERY_FOLDER=str(tmp_path), WARM="1")
    monkeypatch.setenv("CELERY_FOLDER", str(tmp_path))
    options = ["--pool=prefork", "--concurrency=2", "--max-tasks-per-child=3", "--loglevel=error", "--without-mingle"]
    command = ["-m", "celery", "-A", "tests.deploy.programs.tasks", "worker", *options, "--without-gossip"]
    worker = start(*command, environ=environ, stdout=subprocess.PIPE)
    from tests.deploy.programs.tasks import app

    name = "tests.deploy.programs.tasks.ask"
    asked = [app.send_task(name, [f"task{number}"]) for number in range(10)]
    told = [task.get(timeout=PATIENCE, interval=0.05) for task in asked]
    worker.send_signal(signal.SIGTERM)
    printed = worker.communicate(timeout=PATIENCE)[0]
    warm = [line for line in printed.splitlines() if line.endswith(" warm")]
    assert len(warm) == 1
    assert len({said.split()[0] for said in told}) >= 2
    check(environ, [*told, *warm])


CELL = "from tests.deploy.programs import web; print(web.ask({word!r}))"


def test_a_notebook_whose_kernel_restarts(provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_client.manager import KernelManager

    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    environ = environment(provider.url, tmp_path)
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel(env=environ)
    told: list[str] = []

    def run(word: str) -> None:
        client = kernel.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=PATIENCE)
            reply = client.execute_interactive(
                CELL.format(word=word), timeout=PATIENCE, output_hook=lambda message: told.append(_printed(message))
            )
            assert reply["content"]["status"] == "ok", reply["content"]
        finally:
            client.stop_channels()

    try:
        run("first")
        run("second")
        kernel.restart_kernel(now=True)
        run("third")
    finally:
        kernel.shutdown_kernel(now=True)
    told = [line for said in told for line in said.splitlines()]
    assert len({line.split()[0] for line in told}) == 2
    check(environ, told)


def _printed(message: dict[str, Any]) -> str:
    assert message["msg_type"] != "error", message["content"]
    return str(message["content"].get("text", "")) if message["msg_type"] == "stream" else ""


class Function:
    """A function that is frozen whenever it has answered, as serverless platforms do it."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = start(
            "-m", "tests.deploy.programs.invoked", environ=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._into, self._out = self.process.stdin, self.process.stdout
        assert self._out.readline() == "ready\n"

    def invoke(self, word: str) -> str:
        """One event; frozen the moment that its answer is there."""
        self.process.send_signal(signal.SIGCONT)
        print(word, file=self._into, flush=True)
        said = self._out.readline()
        self.process.send_signal(signal.SIGSTOP)
        return said

    def kill(self) -> None:
        """What becomes of a frozen function."""
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)


def test_a_function_that_is_frozen_and_killed(provider: Provider, tmp_path: Path) -> None:
    """The journal is on a disk that outlives the function; somebody else takes it in."""
    environ = environment(provider.url, tmp_path)
    function = Function(environ)
    told = [function.invoke("one"), function.invoke("two")]
    time.sleep(0.5)
    told.append(function.invoke("three"))
    function.kill()
    check(environ, told)
    for wrong in ([*told, "1 nobody"], told[1:], [*told, told[0]]):
        with pytest.raises(AssertionError):
            check(environ, wrong)


def test_a_function_whose_disk_goes_with_it(provider: Provider, tmp_path: Path, postgres_url: str) -> None:
    """It flushes into a server before it answers."""
    scratch = tmp_path / "scratch"
    environ = environment(provider.url, scratch, THENCE_STORE=postgres_url, FLUSH="1")
    function = Function(environ)
    told = [function.invoke(word) for word in ("one", "two", "three")]
    function.kill()
    scratch.rename(tmp_path / "gone")
    check(environ, told)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(method: str, provider: Provider, tmp_path: Path) -> None:
    environ = environment(provider.url, tmp_path, **({"WARM": "1"} if method == "fork" else {}))
    program = start("-m", "tests.deploy.programs.pools", method, environ=environ, stdout=subprocess.PIPE)
    printed = program.communicate(timeout=PATIENCE)[0]
    assert program.returncode == 0
    assert len(printed.split()) == 2 * (13 + (method == "fork"))
    check(environ, printed.splitlines())
