"""The pages of one history are the same whichever database holds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.history import write
from tests.store.conftest import postgres_server, postgres_url
from tests.web.conftest import Site, served

from thence.ingest import drain
from thence.journal import folder_for
from thence.store import open_store

__all__ = ["postgres_server", "postgres_url"]

ASKED = [
    ("log", {}),
    ("log", {"q": "temperature > 0.3"}),
    ("log", {"q": "source(temperature) = call and status = completed"}),
    ("log", {"branch": "main"}),
    ("complete", {"q": "model = "}),
    ("complete", {"q": "provider = "}),
    ("complete", {"q": "t"}),
    ("call", {"rev": "HEAD"}),
    ("call", {"rev": "HEAD~1"}),
    ("diff", {"a": "HEAD", "b": "HEAD~1"}),
    ("compile", {"rev": "HEAD", "to": "responses"}),
]


@pytest.fixture
def both(tmp_path: Path, postgres_url: str, site: Site) -> tuple[Site, str]:
    """The viewer of the history on SQLite, and a PostgreSQL database with the same."""
    store = tmp_path / "store.db"
    write(store)
    with open_store(postgres_url) as filled:
        drain(filled, folder=folder_for(str(store)))
    return site, postgres_url


def test_pages_are_the_same_on_both(both: tuple[Site, str]) -> None:
    on_sqlite, url = both
    with served(url) as on_postgres:
        for name, given in ASKED:
            one, other = (site.page(f"{name}.json", **given) for site in (on_sqlite, on_postgres))
            assert one.status == other.status == 200
            assert one.json == other.json, (name, given)
            assert name == "complete" or on_postgres.page(name, **given).status == 200
        assert on_postgres.page("status").status == 200
