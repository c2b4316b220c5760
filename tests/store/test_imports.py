"""What a program that reads a SQLite store is not made to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.store.journals import conversation, stored

READ = """
import sys
from thence.store import open_store
with open_store(sys.argv[1]) as store:
    assert [call.request for call in store.calls().last(1)]
heavy = ("alembic", "pandas", "polars", "psycopg", "pyarrow", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm")
print([name for name in heavy if name in sys.modules])
"""


def test_reading_a_sqlite_store_imports_no_other_database(tmp_path: Path) -> None:
    stored(tmp_path / "store.db", conversation(1))[0].close()
    ran = subprocess.run(
        [sys.executable, "-c", READ, tmp_path / "store.db"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
