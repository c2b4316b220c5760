"""Stores for the tests of upkeep: the same as for those of the store."""

from __future__ import annotations

from tests.store.conftest import postgres_server, postgres_url, sqlite_url, store_url

__all__ = ["postgres_server", "postgres_url", "sqlite_url", "store_url"]
