"""The PostgreSQL server that the store's tests start, for the example that needs one."""

from tests.store.conftest import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
