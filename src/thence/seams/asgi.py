"""A session around each request of an ASGI application.

An ASGI server serves each request in a task of its own, and a session lives in a context variable: no request sees
another's session, and what a request starts (threads of sync routes, streams, background tasks) is in it. Nothing of
the request or the answer is changed, and only the headers that are named here are read.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

from thence import faults
from thence.errors import ConfigError
from thence.params import Layer, ParameterSource
from thence.params.names import is_protected
from thence.scope import Opening, Scope

__all__ = ["SessionMiddleware"]

_ID: Final = re.compile(r"[\w.:/+=@-]{1,128}\Z", re.ASCII)
_FULL: Final = 2  # of Starlette's Match: the route takes path and method

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class SessionMiddleware:
    """ASGI middleware: calls made while a request is served belong to its session.

    Their tags are ``route:/items/{id}`` (the path itself, where the framework does not tell its route),
    ``method:GET`` and ``request:ID``.

    Args:
        app: the application.
        tract, branch: where calls belong, as in :func:`thence.session`.
        tags: more tags.
        request_id: the header that has the request's id; where a request has none, one is made up.
        params_from: header to the parameter that requests may set with it; none, unless given. Values are JSON or text.

    Raises:
        ConfigError: ``params_from`` names a parameter that can't be set from outside a call.
    """

    def __init__(
        self,
        app: App,
        *,
        tract: str | None = None,
        branch: str | None = None,
        tags: Sequence[str] = (),
        request_id: str = "x-request-id",
        params_from: Mapping[str, str] | None = None,
    ) -> None:
        self._app = app
        self._tract, self._branch = tract, branch
        self._tags = tuple(tags)
        self._request_id = request_id.lower()
        self._params_from = {header.lower(): name for header, name in (params_from or {}).items()}
        for name in self._params_from.values():
            if is_protected(name, None):
                raise ConfigError(f"{name} can't be set from outside the call: it would change what the call returns")

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a request, a WebSocket or a lifespan; the last is no request."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        with self._session(scope):
            await self._app(scope, receive, send)

    def _session(self, scope: Mapping[str, Any]) -> Opening:
        tags = self._tags
        layers: tuple[Layer, ...] = ()
        with faults.guard("session of a request"):
            headers = {name.decode("latin-1").lower(): text.decode("latin-1") for name, text in scope["headers"]}
            said = headers.get(self._request_id, "")
            name = said if _ID.match(said) else uuid.uuid4().hex
            method = scope.get("method", "WEBSOCKET")
            tags = (f"route:{_route(scope)}", f"method:{method}", f"request:{name}", *self._tags)
            layers = tuple(self._layers(headers))
        return Opening(Scope(self._tract, self._branch, layers, tags))

    def _layers(self, headers: Mapping[str, str]) -> Iterator[Layer]:
        """What the request's headers set, where any may."""
        given = {name: header for header, name in self._params_from.items() if header in headers}
        values = {name: _value(headers[header]) for name, header in given.items()}
        if values:
            origins = {name: f"header {header}" for name, header in given.items()}
            yield Layer(ParameterSource.SESSION, "request", values, origins)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _route(scope: Mapping[str, Any]) -> str:
    """The route that will serve the request, as the framework writes it; its path where none is found."""
    for route in getattr(scope.get("app"), "routes", ()):
        if hasattr(route, "matches"):
            match, _ = route.matches(scope)
            if match.value == _FULL:
                return str(getattr(route, "path", scope["path"]))
    return str(scope["path"])
