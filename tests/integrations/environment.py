"""The environments of the integrations, for tests: a test is skipped, with the reason, where one can't be made."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

__all__ = ["INTEGRATIONS", "NAMES", "ROOT", "interpreter", "is_at_hand"]

ROOT = Path(__file__).resolve().parents[2]
INTEGRATIONS = ROOT / "integrations"


@lru_cache(maxsize=1)
def _recipe() -> Any:
    spec = importlib.util.spec_from_file_location("integrations_environment", INTEGRATIONS / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


NAMES: list[str] = _recipe().names()


def is_at_hand(name: str) -> bool:
    """Whether the interpreter that runs the tests has what the integration needs."""
    return bool(_recipe().is_at_hand(name))


@lru_cache
def _made(name: str) -> str:
    try:
        return str(_recipe().interpreter(name))
    except RuntimeError as error:
        return f"no environment for {name}: {error}"


def interpreter(name: str, *, needs: Sequence[str] = ()) -> str:
    """The path of an integration's interpreter: this one, where it has the packages that are needed."""
    if needs and all(importlib.util.find_spec(each) is not None for each in needs):
        return sys.executable
    made = _made(name)
    if not Path(made).exists():
        pytest.skip(made)
    return made
