"""What the tests of odd inputs share with those of the seams and of the store."""

from __future__ import annotations

from tests.seams.conftest import provider, strict, swift, tape
from tests.store.conftest import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url", "provider", "strict", "swift", "tape"]
