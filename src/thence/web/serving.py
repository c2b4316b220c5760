"""Running the viewer: a socket on this machine, a thread that takes in what journals hold, and a browser."""

from __future__ import annotations

import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import uvicorn

from thence import faults
from thence.errors import StoreError
from thence.prices.published import published
from thence.web.app import application
from thence.web.doors import Doors

if TYPE_CHECKING:
    from thence.store import Store

__all__ = ["listener", "serve"]

_PAUSE: Final = 1.0  # seconds between two looks at the journal
_AT_ONCE: Final = 10.0  # seconds of ingest at a time


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one.

    Raises:
        OSError: it is taken, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(128)
    return made


def serve(
    read: Store, fed: Store, doors: Doors, listening: socket.socket, *, tract: str, said: Callable[[], None]
) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        read: what pages read.
        fed: the same store, into which the journal is taken meanwhile.
        doors: who may come in.
        listening: where.
        tract: the tract that is shown first.
        said: called once requests are answered.
    """
    config = uvicorn.Config(
        application(read, doors, tract),
        log_level="warning",
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with _fresh(fed):
        threading.Thread(target=_when_up, args=(server, said), daemon=True).start()
        server.run(sockets=[listening])


def open_browser(url: str) -> None:
    """Show an address in the user's browser, where there is one."""
    webbrowser.open(url)


def _when_up(server: uvicorn.Server, said: Callable[[], None]) -> None:
    pause = threading.Event()
    while not server.started and not server.should_exit:
        pause.wait(0.02)
    if server.started:
        said()


@contextmanager
def _fresh(store: Store) -> Iterator[None]:
    """Takes in what the journal holds, again and again, in a thread beside the server: no request writes."""
    ended = threading.Event()

    def work() -> None:
        published()  # the list takes half a second to import, which no page shall wait for
        while not ended.wait(_PAUSE):
            try:
                store.flush(_AT_ONCE)
            except StoreError as error:
                faults.note("ingest.store", error)

    thread = threading.Thread(target=work, name="thence-ui-ingest", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_AT_ONCE)
