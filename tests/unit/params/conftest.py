"""What the tests of parameters share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from thence.params import ParameterSource


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    """Sources that a module's tests register are gone after it: others print them all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ParameterSource, "_members", dict(ParameterSource._members))
        yield
