"""The interpreter that has LiteLLM: this one, or one of an environment that is made for it."""

from __future__ import annotations

from tests.integrations import environment

__all__ = ["PROXY", "ROOT", "interpreter"]

ROOT = environment.ROOT
PROXY = ROOT / "integrations" / "litellm-proxy"


def interpreter() -> str:
    """Its path; the test is skipped, with the reason, where there is none."""
    return environment.interpreter(PROXY.name, needs=["litellm"])
