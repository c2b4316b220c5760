"""Recorded traffic of real providers, where it lies beside the repository (``../shared/traffic``); else a skip."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from thence import providers

__all__ = ["Interaction", "interactions", "sample"]

FOLDER = Path(__file__).parents[3] / "shared" / "traffic"


class Interaction(msgspec.Struct, frozen=True):
    """One request and its answer, as they went over the wire."""

    id: str
    conversation: tuple[str, str]
    order: int
    provider: str
    method: str
    path: str
    endpoint: providers.Endpoint
    request: dict[str, Any] | None
    streamed: bool
    status: int
    headers: dict[str, str]
    answer: bytes

    @property
    def content_type(self) -> str | None:
        """The answer's content type."""
        return self.headers.get("content-type")

    def read(self) -> providers.Answer:
        """The answer, read."""
        return providers.read_answer(self.endpoint, self.answer, self.content_type, None, self.status, self.headers)


def _interactions() -> Iterator[Interaction]:
    with gzip.open(FOLDER / "dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            raw = json.loads(line)
            body, encoding = raw["response_body"], raw["response_encoding"]
            if encoding == "base64-eventstream":
                answer = base64.b64decode(body)
            elif isinstance(body, str) and encoding != "json":
                answer = body.encode("utf-8", "surrogatepass")
            else:
                answer = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
            path = raw["path"] or raw["endpoint"]
            yield Interaction(
                raw["id"],
                (raw["source_repo"], raw["source_path"]),
                raw["source_index"],
                raw["provider"],
                raw["method"],
                path,
                providers.find(raw["method"], path),
                raw["request_json"] if raw["request_encoding"] != "multipart" else None,
                raw["streamed"],
                raw["response_status"],
                {name.lower(): value for name, value in raw["response_headers"].items()},
                answer,
            )


@lru_cache(maxsize=1)
def _all() -> list[Interaction]:
    return list(_interactions())


def interactions() -> list[Interaction]:
    """All recorded interactions; the test is skipped where there are none."""
    if not (FOLDER / "dev.jsonl.gz").exists():
        pytest.skip("no recorded traffic beside the repository (../shared/traffic)")
    return _all()


def sample(full: bool, step: int = 7) -> list[Interaction]:
    """Every interaction, or one in ``step``."""
    return interactions() if full else interactions()[::step]
