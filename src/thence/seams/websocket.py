"""WebSocket surfaces (``responses.connect``, realtime, live): they bypass ``request`` and HTTP, and are not recorded.

A client that opens one says so once in the log, and it is counted. Such a surface asks its client for what it connects
with: the newer SDKs prepare options whose URL is a WebSocket's, the older ones refresh the key from within a resource.
So these two methods are covered; a request goes through them too, and passes unseen. Of OpenAI's releases before 3,
``responses.connect`` calls nothing of its client, and is not noticed.
"""

from __future__ import annotations

import sys
from typing import Any

from thence import faults
from thence.seams.cover import Cover, Covering

__all__ = ["attach"]

KIND = "a WebSocket is not recorded"


def _say(sdk: str, surface: str) -> None:
    faults.note(KIND, f"{sdk} opens a connection ({surface}); what goes over it is not recorded, calls over HTTP are")


class _Options(Cover):
    """Covers ``_prepare_options``, which the newer SDKs ask before every request and every connection."""

    def __call__(self, options: Any, *args: Any, **kwargs: Any) -> Any:
        url = getattr(options, "url", None)
        if isinstance(url, str) and url.startswith(("ws:", "wss:")):
            _say(self.covering.seam.sdk, url.partition("?")[0].rpartition("/")[2])
        return self.method(options, *args, **kwargs)


class _Key(Cover):
    """Covers ``_refresh_api_key``, which the older SDKs ask before a connection, and the client before a request."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        asks = sys._getframe(1).f_globals.get("__name__", "")
        if ".resources." in asks:
            _say(self.covering.seam.sdk, asks.rpartition(".")[2])
        return self.method(*args, **kwargs)


_COVERED = {"_prepare_options": _Options, "_refresh_api_key": _Key}


def attach(covering: Covering) -> None:
    """Notice the connections that a client opens. An SDK without a key to refresh has no such surface."""
    if callable(getattr(covering.client, "_refresh_api_key", None)):
        for name, kind in _COVERED.items():
            covering.client.__dict__[name] = kind(covering, name)
