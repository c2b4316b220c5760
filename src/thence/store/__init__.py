"""The store: one database of tracts, commits and calls, on SQLite or PostgreSQL.

SQLAlchemy is imported here and nowhere else. ``schema`` has the tables, ``batch`` and ``writing`` put rows into them,
``queries`` are the statements by name, ``records`` and ``call`` what comes out.
"""

from __future__ import annotations

from thence.providers import Usage
from thence.store.call import Attempt, Call
from thence.store.calls import Calls
from thence.store.records import CommitInfo
from thence.store.store import Store, open_store

__all__ = ["Attempt", "Call", "Calls", "CommitInfo", "Store", "Usage", "open_store"]
