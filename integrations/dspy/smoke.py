"""DSPy against a provider on loopback: a prediction is one call, with what DSPy asked for and what LiteLLM sent."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.testing import Answer, assert_params, assert_source

TEXT = "[[ ## answer ## ]]\nan answer of several words\n\n[[ ## completed ## ]]"


def marked(seen: Any) -> Answer:
    """A model that answers in the form that DSPy asks for."""
    head = {"id": "chatcmpl-1", "created": 1_700_000_000, "model": "gpt-4o-mini"}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    if not seen.json.get("stream"):
        message = {"role": "assistant", "content": TEXT}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return Answer({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
    deltas = [{"role": "assistant", "content": ""}, *({"content": f"{word} "} for word in TEXT.split(" "))]
    chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    chunks.append({"index": 0, "delta": {}, "finish_reason": "stop"})
    return Answer.sse({**head, "object": "chat.completion.chunk", "choices": [chunk]} for chunk in chunks)


# Without a gateway in its environment DSPy would, left to itself, call the provider past LiteLLM.
with ran(Path(__file__).with_name("app.py"), script=marked, OPENAI_BASE_URL="", OPENAI_API_BASE="") as run:
    print(*map(told, run.calls), sep="\n")
    whole, streamed = run.calls
    assert len(run.provider.seen) == 2
    for call in run.calls:
        assert (call.status, call.seam, call.tags) == ("completed", "litellm", ["dspy"])
        assert_params(call, temperature=0.2, max_tokens=64)
        assert_source(call, "temperature", "CALL")
    assert whole.usage.total_tokens == 18
    assert_params(streamed, stream=True)
    assert "an answer" in run.said
