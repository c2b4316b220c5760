"""Real calls by a real SDK in which everything that can be text is a payload."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import openai
from tests.web.payloads import PAYLOADS

import thence
from thence.testing import Answer, Provider
from thence.testing.provider import Seen


def answer(seen: Seen) -> Any:
    """The question as the answer; and where a failure is asked for, as the provider's complaint."""
    asked = seen.json
    payload = str(asked["messages"][-1]["content"])
    if asked.get("fail"):
        return Answer({"error": {"message": payload, "type": payload, "code": payload}}, status=400)
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": payload}}
    message = {"role": "assistant", "content": payload, "tool_calls": [call]}
    return {
        "id": payload,
        "object": "chat.completion",
        "created": 1_762_000_000,
        "model": payload,
        "service_tier": payload,
        "choices": [{"index": 0, "message": message, "finish_reason": payload}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, payload: 1},
    }


def converse(store: Path) -> None:
    """A call for each payload; two of them with all payloads in everything."""
    with Provider(answer) as provider:
        plain = openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none", max_retries=0)
        client = thence.wrap(plain, store=str(store))
        for number, payload in enumerate(PAYLOADS):
            session = thence.session(tags=[payload], metadata={payload: payload}, branch=f"b{number % 3}")
            extra: Any = {"fail": True} if number % 10 == 9 else {f"own{payload}": payload}
            with session, suppress(openai.BadRequestError):
                client.chat.completions.create(
                    model=payload, messages=[{"role": "user", "content": payload}], extra_body=extra
                )
        every: Any = {f"p{number}{payload}": payload for number, payload in enumerate(PAYLOADS)}
        tools: Any = [
            {"type": "function", "function": {"name": f"f{number}", "description": payload, "parameters": {}}}
            for number, payload in enumerate(PAYLOADS)
        ]
        messages: list[Any] = [{"role": "system", "content": "All of them."}]
        messages += [{"role": "user", "content": payload} for payload in PAYLOADS]
        for wide in (every, {name: [value] for name, value in every.items()}):
            client.chat.completions.create(model="all", messages=messages, tools=tools, extra_body=wide)
            messages.append({"role": "user", "content": " ".join(PAYLOADS)})
