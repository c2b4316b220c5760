"""Images of fifty megabytes."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from typing import Any

from tests.torture.place import Place
from tests.torture.told import Log, Turn
from tests.torture.trial import Trial

from thence.ingest import open_store

__all__ = ["ROWS"]

SIZE = 50 << 20


def images(place: Place) -> None:
    """A picture of 50 MB, sent three times in a conversation; and one caller who must not notice it."""
    place.begin()
    size = SIZE // 10 if place.short else SIZE
    content = os.urandom(size // 4 * 3 // 3 * 3)
    url = "data:image/png;base64," + base64.b64encode(content).decode()

    def ask() -> None:
        log = Log(place.folder, "w")
        client = place.asking("w").client("openai")
        for number in range(3):
            turn = Turn("w.0", f"w.0.{number}")
            log.before(turn)
            message = {"role": "user", "content": [{"type": "text", "text": turn.token}, _image(url)]}
            answer = client.chat.completions.create(model="plain", messages=[message], temperature=0.5)
            log.after(turn, "completed", answer.choices[0].message.content)

    place.wait_all(place.fork(ask), patience=300)
    began = time.monotonic()
    history = place.check(allowed=("difference", "parents"))
    place.figures["ingest_s"] = time.monotonic() - began
    place.hold(history.kept == 3, f"{history.kept} of 3 calls", "lost")
    with open_store(place.store) as store:
        for call in store.calls():
            sent = call.request
            if sent is not None:  # a body beyond its bound is kept as size and hash
                got = sent["messages"][-1]["content"][1]["image_url"]["url"]
                same = hashlib.sha256(got.encode()).digest() == hashlib.sha256(url.encode()).digest()
                place.hold(same, "the image is not the one that was sent", "difference")
    size_of = sum(path.stat().st_size for path in place.folder.glob("store.db*") if path.is_file())
    place.figures["store_mb"] = size_of / (1 << 20)
    place.hold(size_of < 2 * size, f"the same image was stored several times: {size_of} bytes")


def _image(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


ROWS = (
    Trial(
        "images",
        "an image of 50 MB (5 MB in the short form), sent in three calls",
        "all recorded; the same image is stored once",
        images,
        patience=600,
    ),
)
