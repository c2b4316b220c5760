"""A web service that asks a model: for gunicorn (``application``) and for uvicorn (``asgi``)."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import openai

import thence

# A connection that is open at a fork would be two processes' own, with Thence or without: none is kept.
OPTIONS: dict[str, Any] = {
    "base_url": os.environ["PROVIDER"] + "/v1",
    "api_key": "none",
    "max_retries": 0,
    "default_headers": {"connection": "close"},
}
client = thence.wrap(openai.OpenAI(**OPTIONS))
async_client = thence.wrap(openai.AsyncOpenAI(**OPTIONS))


def ask(word: str) -> str:
    """Ask the model, and say which process did."""
    client.chat.completions.create(model="m", messages=[{"role": "user", "content": word}])
    return f"{os.getpid()} {word}"


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The service as WSGI."""
    said = ask(environ["PATH_INFO"].strip("/"))
    start_response("200 OK", [("content-type", "text/plain")])
    return [said.encode()]


async def asgi(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Awaitable[None]]) -> None:
    """The service as ASGI."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    word = scope["path"].strip("/")
    await async_client.chat.completions.create(model="m", messages=[{"role": "user", "content": word}])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{os.getpid()} {word}".encode()})


if "WARM" in os.environ:
    print(ask("warm"), flush=True)
