"""For tests of programs that call models.

::

    from thence.testing import Provider

    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=provider.url + "/v1", api_key="test"))
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        assert provider.seen[0].json["model"] == "m"

What a client sends and receives passes a real socket. Without being told, the provider answers the routes of OpenAI and
Anthropic in their own shapes, streamed where the request asks for that.
"""

from __future__ import annotations

from thence.testing.provider import Answer, Provider, Seen

__all__ = ["Answer", "Provider", "Seen"]
