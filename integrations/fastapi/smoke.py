"""A hundred requests at once to a real uvicorn: each call has its own request's tags and parameters, and no other's."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import surroundings

import thence
from thence.testing import Provider, assert_source

try:
    import httpx
except ModuleNotFoundError:
    import httpx2 as httpx  # what the newest SDKs bring

HERE = Path(__file__).parent
REQUESTS = 100
ROUTES = ("ask", "sync", "stream")


async def ask(address: str) -> list[str]:
    """Many requests at once; what was answered."""
    async with httpx.AsyncClient(base_url=address, timeout=300) as client:
        gets = [
            client.get(
                f"/{ROUTES[n % 3]}/topic{n}",
                params={"question": f"q{n}"},
                headers={"x-request-id": f"id-{n}", **({"x-temperature": f"0.{n}"} if n % 2 else {})},
            )
            for n in range(REQUESTS)
        ]
        return [answer.text for answer in await asyncio.gather(*gets)]


def main() -> None:
    """Serve, ask, and look at what was recorded."""
    with tempfile.TemporaryDirectory() as name, Provider() as provider, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        store = Path(name) / "store.db"
        environ = surroundings(provider.url, store)
        command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
        server = subprocess.Popen(command, cwd=HERE, env={**os.environ, **environ})
        try:
            wait(port, server)
            answers = asyncio.run(ask(f"http://127.0.0.1:{port}"))
        finally:
            server.terminate()
            server.wait(60)
        with thence.open(store) as opened:
            opened.flush()
            check(list(opened.calls()), answers)


def wait(port: int, server: subprocess.Popen) -> None:
    """Until the server listens."""
    until = time.monotonic() + 300
    while server.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    sys.exit("uvicorn did not start")


def check(calls: list, answers: list[str]) -> None:
    """Each request's call is its own."""
    assert len(calls) == REQUESTS, len(calls)
    for call in calls:
        n = int(call.params["user"].value[1:])
        assert call.request["messages"][0]["content"] == f"topic{n}: q{n}"
        assert call.tags == [f"route:/{ROUTES[n % 3]}/{{topic}}", "method:GET", f"request:id-{n}"], call.tags
        if n % 2:
            assert call.params["temperature"].sent == float(f"0.{n}")
            assert_source(call, "temperature", "SESSION", origin="header x-temperature")
        else:
            assert "temperature" not in call.params
        assert f"topic{n}: q{n}" in answers[n]
    print(f"{len(calls)} requests at once, each with its own session:", calls[-1].tags)


if __name__ == "__main__":
    main()
