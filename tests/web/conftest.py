"""The viewer, served over real HTTP on loopback, and what asks it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
import uvicorn
from tests.cli.history import write

from thence.ingest import open_store as open_fed
from thence.store import open_store
from thence.store.bounded import bound
from thence.web.app import application
from thence.web.doors import Doors
from thence.web.serving import listener

TOKEN = "a-token-for-tests-that-is-long-enough-to-be-one"


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Site:
    """A viewer that runs, and a client that sends just the headers it is told to."""

    def __init__(self, doors: Doors, port: int) -> None:
        self.doors = doors
        self.port = port

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET", body: str = ""
    ) -> Answer:
        """One request, without a session; ``Host`` is right unless it is given."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in {"Host": f"127.0.0.1:{self.port}", **(headers or {})}.items():
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body.encode() if body else None)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def page(self, name: str, **given: str) -> Answer:
        """A page, or its JSON, as one who has the token sees it."""
        path = f"/{name}" + (f"?{urlencode(given)}" if given else "")
        return self.ask(path, {"Authorization": f"Bearer {self.doors.token}"})


@contextmanager
def served(store: Path | str, *, seconds: float = 30.0) -> Iterator[Site]:
    """The viewer of a store, whose journal is taken in before."""
    with open_fed(store) as fed:
        fed.flush()
    with open_store(store) as read, listener("127.0.0.1", 0) as listening:
        bound(read, seconds)
        port = listening.getsockname()[1]
        doors = Doors("127.0.0.1", port, TOKEN)
        config = uvicorn.Config(application(read, doors), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        try:
            yield Site(doors, port)
        finally:
            server.should_exit = True
            thread.join(20)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The viewer of a store with one call of each kind; not to be written to."""
    folder = tmp_path_factory.mktemp("site")
    write(folder / "store.db")
    with served(folder / "store.db") as running:
        yield running


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A store of one's own with the same calls, not ingested yet."""
    write(tmp_path / "store.db")
    return tmp_path / "store.db"
