"""The viewer as an ASGI application: a route for each page and for its JSON, behind the doors."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from thence.errors import ConfigError, NotFound, QueryError, StoreLocked, ThenceError, TimeLimit
from thence.reading.record import Record
from thence.web.page import Asked, Page
from thence.web.pages import DATA, PAGES
from thence.web.render import as_json, rendered, static_file, static_link, url

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from thence.store import Store
    from thence.web.doors import Doors

__all__ = ["application"]

ERROR: Final = Page("error", "Not shown", lambda _: {})
ENTRANCE: Final = Page("entrance", "Thence", lambda _: {})

_STATUS: Final[dict[type[ThenceError], int]] = {
    NotFound: 404,
    QueryError: 400,
    ConfigError: 400,
    StoreLocked: 503,
    TimeLimit: 504,
}
_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "md": "text/plain"}
_MOST_BODY: Final = 1_000


def application(store: Store, doors: Doors, tract: str = "main") -> ASGIApp:
    """The viewer of a store.

    Args:
        store: what is read. Nothing is ever written to it: pass one without ingest.
        doors: who may come in.
        tract: the tract that is shown where the URL names none.
    """
    routes = [
        Route("/", _entrance, methods=["GET"]),
        Route("/session", partial(_session, doors), methods=["POST"]),
        Route("/static/{name}", _static, methods=["GET"]),
        Route("/favicon.ico", _icon, methods=["GET"]),  # of JSON, which names none
    ]
    for page in (*PAGES, *DATA):
        show = partial(_shown, store, doors, tract, page)
        forms = ("", ".json") if page in PAGES else (".json",)
        routes += [Route(f"/{page.name}{form}", partial(show, form), methods=["GET"]) for form in forms]
    return doors.around(Starlette(routes=routes))


async def _entrance(_: Request) -> Response:
    """Where the token is exchanged. The page itself says nothing."""
    return HTMLResponse(rendered(ENTRANCE, {"at": "/"}, url, {}))


async def _session(doors: Doors, request: Request) -> Response:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BODY:
            return JSONResponse({"error": "a token is not as long as that"}, 413)
    return doors.opened_by(body.decode("ascii", "replace").strip())


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    try:
        content = static_file(name)
    except FileNotFoundError:
        return Response(status_code=404)
    for_good = static_link(name).endswith(f"?{request.url.query}")
    kept = {"cache-control": "private, max-age=31536000, immutable"} if for_good else None
    return Response(content, media_type=_KINDS.get(name.rpartition(".")[2], "application/octet-stream"), headers=kept)


async def _icon(_: Request) -> Response:
    return Response(static_file("thence.svg"), media_type=_KINDS["svg"])


async def _shown(store: Store, doors: Doors, tract: str, page: Page, form: str, request: Request) -> Response:
    """A page or its JSON; for who has no session, the way to one."""
    if not doors.knows(request.scope):
        if form:
            return JSONResponse({"error": "no session", "hint": "Authorization: Bearer TOKEN"}, 401)
        at = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return HTMLResponse(rendered(ENTRANCE, {"at": at}, url, {}), 401)
    return await run_in_threadpool(_answered, store, tract, page, form, request)


def _answered(store: Store, tract: str, page: Page, form: str, request: Request) -> Response:
    given = dict(request.query_params)
    again = request.headers.get("hx-request")
    if not form and not again:
        given.pop("seen", None)  # who opens the address of a look sees the page
    asked = Asked(Record(store, given.get("tract") or tract), given)
    link = partial(url, tract=given.get("tract", ""))
    try:
        document, status = page.document(asked), HTTPStatus.OK.value
    except ThenceError as error:
        document = {"error": error.message, "hint": error.hint}
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        page = ERROR
    if form:
        return Response(as_json(document), status, media_type="application/json")
    if again and document.get("unchanged"):
        return Response(status_code=204)
    return HTMLResponse(rendered(page, document, link, _frame(asked, request)), status)


def _frame(asked: Asked, request: Request) -> dict[str, Any]:
    """What stands around every page."""
    json_at = f"{request.url.path}.json" + (f"?{request.url.query}" if request.url.query else "")
    return {"pages": PAGES, "given": asked.given, "tract": asked.record.tract, "json_at": json_at}
