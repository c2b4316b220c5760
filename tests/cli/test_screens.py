"""What commands print about a history that holds one call of each kind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli import golden
from tests.cli.conftest import Run

COMMANDS = {
    "log": ["log"],
    "log-oneline": ["log", "--oneline", "-n", "4"],
    "log-graph": ["log", "--graph"],
    "show-hostile": ["show", "HEAD"],
    "show-call": ["show", "a830acdcf4"],
    "show-failed": ["show", "019c936e-4f70"],
    "show-question": ["show", "048a4f4293"],
    "blame": ["blame", "a830acdcf4"],
    "blame-all": ["blame", "--all", "a830acdcf4"],
    "blame-temperature": ["blame", "a830acdcf4", "temperature"],
    "blame-history": ["blame", "--history", "temperature"],
    "blame-json": ["blame", "a830acdcf4", "--json"],
    "show-json": ["show", "a830acdcf4", "--json"],
    "log-where": ["log", "--graph", "--where", "temperature = 1.2"],
    "query": ["query", "temperature > 0.1 or seed exists"],
    "query-csv": ["query", "temperature > 0.3", "--csv"],
    "diff": ["diff", "a7b00f5b69", "a830acdcf4"],
    "diff-providers": ["diff", "28a19889bb..HEAD"],
    "diff-json": ["diff", "a7b00f5b69", "a830acdcf4", "--json"],
    "diff-commits": ["diff", "048a4f4293", "4bfa230c07"],
    "compile": ["compile", "a830acdcf4"],
    "compile-to-json": ["compile", "a830acdcf4", "--to", "anthropic"],
    "branch": ["branch"],
    "branch-json": ["branch", "--json"],
    "reflog-json": ["reflog", "-n", "1", "--json"],
    "stats-json": ["stats", "--json"],
    "reflog": ["reflog"],
    "stats": ["stats"],
    "stats-by": ["stats", "--by", "temperature", "--by", "source(temperature)"],
    "stats-cost": ["stats", "--cost"],
    "sql": ["sql", "select id, request_model, started_at from calls order by id limit 2"],
    "status": ["status"],
    "sources": ["sources"],
    "sources-used": ["sources", "--used"],
    "sources-used-csv": ["sources", "--used", "--where", "temperature > 0.3", "--csv"],
}


@pytest.fixture(autouse=True)
def utc(history: Path) -> Iterator[None]:
    del history
    time.tzset()
    yield
    time.tzset()


@pytest.mark.parametrize("name", COMMANDS)
def test_screen(name: str, history: Path, run: Run) -> None:
    done = run(*COMMANDS[name])
    assert done.exit_code == 0, done.output
    assert done.stderr == "" or (name == "stats-cost" and "prices: genai-prices" in done.stderr)
    golden.check(name, done.stdout, history, wide=name.endswith(("json", "csv", "providers")))
