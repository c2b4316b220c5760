"""A real datasette over a store that is being written to: its views and queries answer what Thence itself says."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import thence
from thence.testing import Provider

HERE = Path(__file__).parent


@thence.record
def ask(prompt: str, *, temperature: float = 0.7, model: str = "m") -> dict:
    """A call without an SDK: this environment has none."""
    body = json.dumps({"model": model, "temperature": temperature, "messages": [{"role": "user", "content": prompt}]})
    request = urllib.request.Request(os.environ["PROVIDER"] + "/v1/chat/completions", body.encode())
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def query(address: str, query_: str, /, **parameters: str) -> list[dict]:
    """The rows of one of the queries in ``metadata.yaml``."""
    url = f"{address}/store/{query_}.json?_shape=array&{urllib.parse.urlencode(parameters)}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


def main() -> None:
    """Record, serve, record more, ask."""
    with tempfile.TemporaryDirectory() as name, Provider() as provider, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        store = Path(name) / "store.db"
        os.environ.update(PROVIDER=provider.url, THENCE_STORE=str(store))
        ask("hello")
        with thence.open(store) as opened:
            opened.flush()
            connection = sqlite3.connect(store)
            connection.executescript((HERE / "views.sql").read_text())
            connection.close()
            command = [str(Path(sys.executable).with_name("datasette")), "serve", str(store), "--port", str(port)]
            server = subprocess.Popen([*command, "--metadata", str(HERE / "metadata.yaml")], cwd=name)
            try:
                address = f"http://127.0.0.1:{port}"
                wait(address, server)
                ask("again", temperature=0.2)
                opened.flush()
                check(address, list(opened.calls()))
            finally:
                server.terminate()
                server.wait(60)
            assert not opened.fsck(), "a view is no fault of the store"


def check(address: str, calls: list) -> None:
    """What datasette says is what Thence says."""
    rows = query(address, "calls")
    print(json.dumps(rows[0], indent=2))
    assert [row["id"] for row in rows] == [call.id.replace("-", "") for call in reversed(calls)]
    assert [row["temperature"] for row in rows] == [0.2, 0.7]
    sources = {(row["name"], row["source"]): row["calls"] for row in query(address, "sources")}
    assert sources["temperature", "CALL"] == 1
    assert sources["temperature", "DECORATOR"] == 1
    (told,) = [row for row in query(address, "blame", call=rows[0]["id"]) if row["name"] == "temperature"]
    parameter = calls[1].params["temperature"]
    assert (float(told["value"]), told["source"]) == (parameter.value, parameter.source.name)
    assert told["origin"] == parameter.origin
    assert sum(row["calls"] for row in query(address, "origins", name="model")) == 2
    (model,) = query(address, "models")
    assert model["calls"] == 2
    assert model["output_tokens"] == sum(call.usage.output_tokens for call in calls)


def wait(address: str, server: subprocess.Popen) -> None:
    """Until datasette answers."""
    until = time.monotonic() + 300
    while server.poll() is None and time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{address}/-/versions.json", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit("datasette did not start")


if __name__ == "__main__":
    main()
