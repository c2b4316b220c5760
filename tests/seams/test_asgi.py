"""The session of a request, in front of any ASGI application; with FastAPI and uvicorn: integrations/fastapi."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

import thence
from thence.errors import ConfigError
from thence.params import ParameterSource
from thence.scope import Scope, current


async def receive() -> MutableMapping[str, Any]:
    return {"type": "http.request"}


async def send(_: MutableMapping[str, Any]) -> None:
    """Nothing is answered."""


def request(n: int, kind: str = "http", **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": "POST", "path": f"/item/{n}", "headers": named}


def served(*scopes: dict[str, Any], **options: Any) -> list[Scope | None]:
    """What was in force in the application while it served these requests, all at once."""
    found: dict[str, Scope | None] = {}

    async def app(scope: MutableMapping[str, Any], *_: Any) -> None:
        for _turn in range(20):
            await asyncio.sleep(0)
        found[scope.get("path", "")] = current()

    async def serve() -> None:
        middleware = thence.asgi.SessionMiddleware(app, **options)
        await asyncio.gather(*(middleware(scope, receive, send) for scope in scopes))
        assert current() is None

    asyncio.run(serve())
    return [found[scope.get("path", "")] for scope in scopes]


def test_each_request_has_a_session_of_its_own() -> None:
    sessions = served(*(request(n, x_request_id=f"id-{n}") for n in range(50)), tags=["web"], tract="requests")
    for n, session in enumerate(sessions):
        assert session is not None
        assert session.tags == (f"route:/item/{n}", "method:POST", f"request:id-{n}", "web")
        assert (session.tract, session.layers) == ("requests", ())


@pytest.mark.parametrize("name", ["", "x" * 129, "a\nb", "<script>", "a b"])
def test_an_id_that_is_none_is_replaced(name: str) -> None:
    first, second = served(request(1, x_request_id=name), request(2, x_request_id=name))
    assert first is not None
    assert second is not None
    assert len(first.tags[2]) == len("request:") + 32
    assert first.tags[2] != second.tags[2]


def test_a_header_sets_a_parameter_only_where_that_is_configured() -> None:
    sent = {"x_temperature": "0.3", "x_stop": "END", "x_top_p": "0.1"}
    (plain,) = served(request(1, **sent))
    assert plain is not None
    assert plain.layers == ()
    names = {"X-Temperature": "temperature", "x-stop": "stop"}
    (session,) = served(request(1, **sent), params_from=names)
    assert session is not None
    (layer,) = session.layers
    assert (layer.source, layer.values) == (ParameterSource.SESSION, {"temperature": 0.3, "stop": "END"})
    assert layer.origin_of("temperature") == "header x-temperature"
    with pytest.raises(ConfigError, match="stream"):
        thence.asgi.SessionMiddleware(send, params_from={"x-stream": "stream"})


def test_what_is_no_request_passes() -> None:
    assert served({"type": "lifespan"}) == [None]
    (session,) = served({**request(1, "websocket"), "method": None} | {"type": "websocket"})
    assert session is not None
