"""pydantic-ai against a provider on loopback: text, a stream, a typed answer, Anthropic; each request one call."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.testing import assert_params, assert_source

with ran(Path(__file__).with_name("app.py")) as run:
    print(*map(told, run.calls), sep="\n")
    whole, streamed, typed, claude, synchronous = run.calls
    assert len(run.provider.seen) == 5
    assert [call.status for call in run.calls] == ["completed"] * 5
    assert_params(whole, model="gpt-4o-mini", temperature=0.2, top_p=0.9)
    assert_source(whole, "temperature", "CALL")
    assert_source(whole, "top_p", "CLIENT", origin="app.py")
    assert streamed.streamed
    assert typed.params["tools"].value[0]["function"]["name"] == "final_result"
    assert_params(claude, max_tokens=64)
    assert synchronous.callsite.partition(":")[0].endswith("app.py")
    assert "name='text' inhabitants=1" in run.said
