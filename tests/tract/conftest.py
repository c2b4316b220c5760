"""Stores for the tests of tracts: the same as for those of the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.store.conftest import postgres_server, postgres_url, sqlite_url, store_url

from thence.tract import Tract

__all__ = ["postgres_server", "postgres_url", "sqlite_url", "store_url"]


@pytest.fixture
def tract(store_url: str) -> Iterator[Tract]:
    """A tract in an empty store, on each database in turn."""
    with Tract.open(store_url) as opened:
        yield opened
