"""The query language: one tree, two faces.

``P.temperature > 0.8`` in Python and ``temperature > 0.8`` as text build the same :class:`Expression`. This package is
pure: it reads, checks and prints queries, and knows neither a store nor SQL.
"""

from __future__ import annotations

from thence.query.config import config_query
from thence.query.face import P, asked, change, origin, sent, source, used
from thence.query.fields import FIELDS, FUNCTIONS
from thence.query.parse import parse, read_path, read_time
from thence.query.tree import OPERATORS, And, Condition, Expression, Field, Not, Or, Param, Value

__all__ = [
    "FIELDS",
    "FUNCTIONS",
    "OPERATORS",
    "And",
    "Condition",
    "Expression",
    "Field",
    "Not",
    "Or",
    "P",
    "Param",
    "Value",
    "asked",
    "change",
    "config_query",
    "origin",
    "parse",
    "read_path",
    "read_time",
    "sent",
    "source",
    "used",
]
