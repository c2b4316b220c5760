"""The interpreter that has LiteLLM: this one, or one of an environment that is made for it."""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from pathlib import Path

import pytest

__all__ = ["PROXY", "ROOT", "interpreter"]

ROOT = Path(__file__).resolve().parents[2]
PROXY = ROOT / "integrations" / "litellm-proxy"


@lru_cache(maxsize=1)
def _made() -> Path | str:
    spec = importlib.util.spec_from_file_location("litellm_proxy_environment", PROXY / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    try:
        return Path(recipe.environment())
    except RuntimeError as error:
        return str(error)


def interpreter() -> str:
    """Its path; the test is skipped, with the reason, where there is none."""
    if importlib.util.find_spec("litellm") is not None:
        return sys.executable
    made = _made()
    if isinstance(made, str):
        pytest.skip(f"no environment with LiteLLM: {made}")
    return str(made)
