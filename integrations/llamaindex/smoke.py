"""LlamaIndex against a provider on loopback: whole and streamed, each one call, with the right sources."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.testing import assert_params, assert_source

with ran(Path(__file__).with_name("app.py")) as run:
    print(*map(told, run.calls), sep="\n")
    whole, streamed = run.calls
    assert len(run.provider.seen) == 2
    assert_params(whole, model="gpt-4o-mini", temperature=0.2, max_tokens=64)
    assert_source(whole, "max_tokens", "CALL", origin="app.py")
    assert streamed.streamed
    assert_source(streamed, "top_p", "SESSION", origin="app.py")
    assert [call.status for call in run.calls] == ["completed"] * 2
    assert "You said: streamed" in run.said
