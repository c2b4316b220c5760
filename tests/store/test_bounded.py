"""A store whose questions end in time, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from thence.errors import TimeLimit
from thence.store import open_store
from thence.store.bounded import bound

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


def test_what_takes_too_long_is_ended_and_the_next_question_answered(store_url: str) -> None:
    with open_store(store_url) as store:
        bound(store, 0.2)
        for _ in range(2):
            with pytest.raises(TimeLimit, match="took longer"):
                store.rows(text(ENDLESS[store_url.partition(":")[0].partition("+")[0]]))
            assert store.scalar(text("SELECT 7")) == 7
