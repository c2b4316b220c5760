"""Who may come in. Every request passes here before anything reads a store.

Theory. The viewer listens on this machine alone, but a browser on this machine runs other people's pages, and they can
make it send requests here. So:

- *Host.* A page whose name was pointed at this address (DNS rebinding) sends its own name. Only names that this server
  was started under are answered.
- *Sec-Fetch-Site, Origin.* A request that another site caused is answered only where a person followed a link, and is
  then a page of its own. What changes anything must say that it comes from here.
- *Session.* A token that only the starter of the server saw is exchanged, by POST, for a cookie that is sent by our own
  pages alone and that no script can read. The token stands in the URL's fragment, which browsers send to nobody.
- No GET changes anything. The one POST there is opens a session.

What comes out says to browsers: run and load only what this server itself serves, never in a frame, and keep nothing.
"""

from __future__ import annotations

import hmac
import secrets
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Doors", "is_loopback"]

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_MOST_TOKEN: Final = 256


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class Doors:
    """Names, token and session of one server.

    Args:
        host: the address that it listens on.
        port: and the port.
        token: what opens a session; a new one, where it is empty.
    """

    def __init__(self, host: str, port: int, token: str = "") -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.cookie = f"thence-{port}"  # cookies know no ports: two viewers on one machine must not mix theirs up
        # of the token: who has opened a session with a fixed one need not do so again when the server is started anew
        self._session = hmac.new(self.token.encode(), b"session", "sha256").hexdigest()
        self._once: set[str] = set()
        self._host, self._port = host, port
        name = f"[{host}]" if ":" in host else host
        names = [name, "localhost", "127.0.0.1", "[::1]"] if is_loopback(host) else [name]
        self._authorities = {f"{each}:{port}" for each in names} | (set(names) if port == 80 else set())

    @property
    def url(self) -> str:
        """The address to open, the token in its fragment."""
        return f"{self.origin}/#{self.token}"

    def url_once(self) -> str:
        """An address that opens one session: other users of this machine can read the command line of a browser."""
        token = secrets.token_urlsafe(32)
        self._once.add(token)
        return f"{self.origin}/#{token}"

    @property
    def origin(self) -> str:
        """Scheme, name and port."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def opened_by(self, token: str) -> Response:
        """The answer to a token: the cookie of a session, or a refusal."""
        known = token in self._once or hmac.compare_digest(token[:_MOST_TOKEN].encode(), self.token.encode())
        self._once.discard(token)
        if not known:
            return JSONResponse({"error": "that is not the token of this server"}, 403)
        answer = Response(status_code=204)
        answer.set_cookie(self.cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def refused(self, scope: Scope) -> Response | None:
        """Why a request is not answered; None where it is."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return PlainTextResponse("a request names one host", 400)
        authority = hosts[0].lower()
        if authority not in self._authorities:
            return PlainTextResponse("this server does not go by that name", 421)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("only GET is answered here", 405)
        if scope["method"] == "POST" and headers.get("origin") != f"http://{authority}":
            return PlainTextResponse("only pages of this server may send that", 403)
        return None if _is_ours(headers, scope["method"]) else PlainTextResponse("another site asked for this", 403)

    def knows(self, scope: Scope) -> bool:
        """Whether a request comes with the session's cookie, or with the token as programs send it."""
        headers = Headers(scope=scope)
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self.token.encode()):
            return True
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return False
        return found is not None and hmac.compare_digest(found.value.encode(), self._session.encode())

    def around(self, app: ASGIApp) -> ASGIApp:
        """``app`` behind these doors."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
                return
            if scope["type"] != "http":
                await send({"type": "websocket.close", "code": 1008})
                return

            async def sealed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(scope=message)
                    headers.update(_HEADERS)
                    headers.setdefault("cache-control", "no-store")
                await send(message)

            await (self.refused(scope) or app)(scope, receive, sealed)

        return guarded


def _is_ours(headers: Headers, method: str) -> bool:
    """Whether a page of ours, or nobody's, caused a request; or a person who followed a link."""
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return followed and method == "GET"
