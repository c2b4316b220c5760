"""Text that would like to control a terminal or a spreadsheet, on its way through every command that prints any."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from tests.cli.conftest import Run, here, run
from tests.cli.history import History

from thence.cli import app
from thence.frames import Asked
from thence.ingest import open_store

__all__ = ["run"]

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\x08\r\u202e\u2028=HYPERLINK(1)"
FORMULA = "=cmd|' /C calc'!A0"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
COMMANDS: dict[str, list[list[str]]] = {
    "log": [["log"], ["log", "--graph"], ["log", "--oneline"], ["log", "--csv"], ["log", "--jsonl"], ["log", "--json"]],
    "show": [["show", "HEAD"], ["show", "{call}"], ["show", "{call}", "--json"]],
    "blame": [["blame", "{call}"], ["blame", "{call}", "--csv"], ["blame", "--history", "user"]],
    "query": [["query", "user exists"], ["query", "user exists", "--csv"]],
    "diff": [["diff", "{first}", "{call}"]],
    "stats": [["stats", "--by", "model"], ["stats", "--by", "error"], ["stats", "--by", "response_model"]],
    "sql": [["sql", "select name, text from parameters"], ["sql", "select name, text from parameters", "--csv"]],
    "compile": [["compile", "HEAD"]],
    "branch": [["branch"]],
    "tag": [["tag"]],
    "reflog": [["reflog"]],
    "plan": [["plan", f"user={EVIL}"]],
    "config": [["config"]],
    "status": [["status"]],
    "doctor": [["doctor"]],
    "fsck": [["fsck"]],
    "gc": [["gc", "--dry-run"]],
}
# These print counts, paths and what was typed; or they start something that is tested where it is.
WITHOUT_TEXT = {"backup", "bisect", "completion", "erase", "export", "import", "ingest", "init", "migrate", "replay"}
WITHOUT_TEXT |= {"reset", "run", "serve-local", "sources", "sweep", "switch", "tenants", "ui"}


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A store in which everything that anybody may name is hostile; the ids of its calls."""
    here(tmp_path, monkeypatch)
    history = History(tmp_path / ".thence" / "store.db")
    question = {"role": "user", "content": EVIL}
    asked = Asked("CLIENT", EVIL, {"user": EVIL, EVIL: EVIL})
    for model in (FORMULA, EVIL):
        body = {"model": model, "messages": [question], "user": EVIL, EVIL: EVIL, "metadata": {EVIL: EVIL}}
        facts = {"label": EVIL, "tags": [EVIL, FORMULA], "metadata": {EVIL: EVIL}}
        call = history.begin("chat/completions", body, [asked], **facts)
        message = {
            "role": "assistant",
            "content": EVIL,
            "tool_calls": [{"function": {"name": EVIL, "arguments": EVIL}}],
        }
        choice = {"index": 0, "message": message, "finish_reason": EVIL}
        history.end(call, json.dumps({"id": EVIL, "model": EVIL, "choices": [choice]}).encode())
    failed = history.begin("chat/completions", {"model": EVIL, "messages": [question]}, branch=EVIL)
    history.end(failed, json.dumps({"error": {"message": EVIL}}).encode(), code=400, status="failed", error=EVIL)
    history.writer.close()
    with open_store(tmp_path / ".thence" / "store.db") as store:
        store.flush()
        first, second, *_ = (call.id for call in store.calls())
    return {"first": first, "call": second}


@pytest.mark.parametrize(
    "words", [w for each in COMMANDS.values() for w in each], ids=lambda words: ascii(" ".join(words))[:60]
)
def test_nothing_is_obeyed(words: list[str], hostile: dict[str, str], run: Run) -> None:
    done = run(*(word.format(**hostile) if word.startswith("{") else word for word in words))
    assert done.exit_code in {0, 1, 3}, done.output
    assert OBEYED.findall(done.output) == []
    if "--csv" in words:
        rows = list(csv.reader(io.StringIO(done.output)))
        assert len(rows) > 1
        assert [cell for row in rows for cell in row if cell[:1] in {"=", "+", "@"}] == []


def test_every_command_is_looked_at() -> None:
    assert COMMANDS.keys() | WITHOUT_TEXT == set(app.commands)
    assert COMMANDS.keys() & WITHOUT_TEXT == set()
