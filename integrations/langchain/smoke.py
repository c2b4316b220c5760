"""LangChain's chains, streams and embeddings against a provider on loopback: each one call, with the right sources."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.testing import assert_params, assert_source

with ran(Path(__file__).with_name("app.py")) as run:
    print(*map(told, run.calls), sep="\n")
    whole, streamed, claude, vectors = run.calls
    assert [call.status for call in run.calls] == ["completed"] * 4
    assert len(run.provider.seen) == 4
    assert_params(whole, model="gpt-4o-mini", temperature=0.2)
    assert_source(whole, "temperature", "CALL", origin="app.py")
    assert streamed.streamed
    assert streamed.tags == ["streamed"]
    assert_source(streamed, "top_p", "SESSION", origin="app.py")
    assert_params(claude, temperature=0.5, max_tokens=64)
    assert claude.endpoint == "/v1/messages"
    assert vectors.operation == "embeddings"
    assert "You said: whole" in run.said
    assert "You said: streamed" in run.said
