"""The SDKs of groq, together and cerebras against a provider on loopback: whole and streamed, each one call."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import ran, told

from thence.providers import provider_of
from thence.testing import assert_params, assert_source

HOSTS = ["api.groq.com", "api.together.ai", "api.cerebras.ai"]

with ran(Path(__file__).with_name("app.py")) as run:
    print(*map(told, run.calls), sep="\n")
    assert len(run.provider.seen) == len(run.calls) == 6
    for whole, streamed, sdk in zip(run.calls[::2], run.calls[1::2], ["groq", "together", "cerebras"], strict=True):
        assert (whole.sdk or "").startswith(f"{sdk} "), whole.sdk
        assert [whole.status, streamed.status] == ["completed"] * 2
        assert_params(whole, model="llama", temperature=0.2, top_p=0.9)
        assert_source(whole, "temperature", "CALL", origin="app.py")
        assert_source(whole, "top_p", "CLIENT", origin="app.py")
        assert (whole.streamed, streamed.streamed) == (False, True)
        assert whole.usage.total_tokens == 18
    assert [provider_of(host) for host in HOSTS] == ["groq", "together", "cerebras"]
