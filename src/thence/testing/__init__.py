"""For tests of programs that call models.

::

    from thence.testing import Provider, assert_source, recorded

    with Provider() as provider, recorded() as calls:
        client = openai.OpenAI(base_url=provider.url + "/v1", api_key="test")
        client.chat.completions.create(model="m", temperature=0.2, messages=[{"role": "user", "content": "hi"}])
        assert_source(calls.only(), "temperature", "CALL")

What a client sends and receives passes a real socket. Without being told, the provider answers the routes of OpenAI and
Anthropic in their own shapes, streamed where the request asks for that. pytest has two fixtures of it, see
:mod:`thence.testing.plugin`; every pytest run imports that module, so nothing else here is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from thence.testing.asserting import assert_params as assert_params
    from thence.testing.asserting import assert_source as assert_source
    from thence.testing.cassette import Cassette as Cassette
    from thence.testing.provider import Answer as Answer
    from thence.testing.provider import Provider as Provider
    from thence.testing.provider import Seen as Seen
    from thence.testing.recording import Recorded as Recorded
    from thence.testing.recording import recorded as recorded

_ROOMS = {
    "Answer": "provider",
    "Cassette": "cassette",
    "Provider": "provider",
    "Recorded": "recording",
    "Seen": "provider",
    "assert_params": "asserting",
    "assert_source": "asserting",
    "recorded": "recording",
}

__all__ = [  # noqa: PLE0604
    *_ROOMS
]


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
