"""A session for each request of a web application: FastAPI, Starlette, and whatever else speaks ASGI.

::

    app.add_middleware(thence.asgi.SessionMiddleware)

Every call that is made while a request is served carries tags that say which: its route, method and id.
"""

from __future__ import annotations

from thence.seams.asgi import SessionMiddleware

__all__ = ["SessionMiddleware"]
