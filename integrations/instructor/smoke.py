"""instructor against a provider on loopback: whole, in parts as they stream, from Anthropic; each one call."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.testing import assert_params, assert_source

with ran(Path(__file__).with_name("app.py")) as run:
    print(*map(told, run.calls), sep="\n")
    whole, streamed, claude = run.calls
    assert len(run.provider.seen) == 3
    assert [call.status for call in run.calls] == ["completed"] * 3
    assert_params(whole, model="gpt-4o-mini", temperature=0.2, top_p=0.9)
    assert_source(whole, "temperature", "CALL", origin="app.py")
    assert_source(whole, "top_p", "CLIENT", origin="app.py")
    assert whole.params["tools"].value[0]["function"]["name"] == "City"
    assert streamed.streamed
    assert_params(claude, max_tokens=64)
    assert run.said.count("name='text' inhabitants=1") == 3
