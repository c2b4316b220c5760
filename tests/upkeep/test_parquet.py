"""Exported files hold every call exactly once, whatever interrupts the export, and other tools can read them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from tests.store.journals import chat, conversation, frames_of, stored, write
from tests.upkeep.stores import calls_of_everything, everything

from thence import journal
from thence.errors import ThenceError
from thence.ingest import drain
from thence.store import Store, open_store
from thence.upkeep.columns import COLUMNS, PARAMETER, PARTITIONS, SCHEMA_VERSION
from thence.upkeep.parquet import Progress, export_parquet

pq = pytest.importorskip("pyarrow.parquet")
SPARK = "pyspark>=4,<5"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "parquet.md"


def exported(folder: Path) -> list[dict[str, Any]]:
    """The rows of every file, by id."""
    rows = [row for path in folder.rglob("*.parquet") for row in pq.ParquetFile(path).read().to_pylist()]
    return sorted(rows, key=lambda row: str(row["id"]))


def ids(store: Store) -> list[str]:
    return sorted(call.id for call in store.calls() if call.status != "pending")


def run(store: Store, folder: Path, **options: Any) -> list[Progress]:
    return list(export_parquet(store, str(folder), **options))


def test_every_call_is_exported_once(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THENCE_JOURNAL_DIR", str(tmp_path / "journals"))
    with everything(store_url) as store:
        told = run(store, tmp_path / "out")
        assert (told[0].done, told[-1].done, told[-1].total) == (0, len(store.calls()), len(store.calls()))
        rows = exported(tmp_path / "out")
        assert [row["id"] for row in rows] == ids(store)
        assert run(store, tmp_path / "out") == [Progress(0, 0)]
        by_id = {call.id: call for call in store.calls()}
        for row in rows:
            call = by_id[row["id"]]
            assert (row["tract"], row["status"], row["duration"]) == (call.tract, call.status, call.duration)
            assert row["input_tokens"] == call.usage.input_tokens
            assert {each["name"]: each["source"] for each in row["parameters"]} == {
                name: parameter.source.name for name, parameter in call.params.items()
            }


def test_folders_and_files(tmp_path: Path) -> None:
    with everything(tmp_path / "store.db") as store:
        told = run(store, tmp_path / "out", partition_by=("month", "request_model", "tract"))
        assert any("month=2023-11/request_model=gpt-4o/tract=main" in name for each in told for name in each.files)
        schema = pq.read_schema(next((tmp_path / "out").rglob("*.parquet")))
        assert schema.metadata[b"thence.schema_version"] == str(SCHEMA_VERSION).encode()
        assert "tract" not in schema.names
        with pytest.raises(ThenceError, match="parted by month"):
            run(store, tmp_path / "out")
        with pytest.raises(ThenceError, match="can't part by colour"):
            run(store, tmp_path / "new", partition_by=("colour",))


def test_what_comes_later_and_what_comes_late(tmp_path: Path) -> None:
    calls = conversation(6)
    with stored(tmp_path / "store.db", [*calls[:2], calls[3]])[0] as store:
        run(store, tmp_path / "out", segment_size=2)
        first = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.parquet")}
        write(journal.folder_for(store.url), [calls[2], calls[5]])
        drain(store)
        assert run(store, tmp_path / "out")[-1].done == 2
        write(journal.folder_for(store.url), [calls[4]])
        drain(store)
        assert run(store, tmp_path / "out")[-1].done == 1
        assert [row["id"] for row in exported(tmp_path / "out")] == ids(store)
        assert all(path.read_bytes() == content for path, content in first.items())


def test_a_call_in_flight_is_left_for_another_time(tmp_path: Path) -> None:
    with open_store(tmp_path / "store.db") as store:
        waiting, other = chat(1, [{"role": "user", "content": "a"}]), chat(2, [{"role": "user", "content": "b"}])
        writer = journal.Writer(journal.folder_for(store.url))
        begin, end = frames_of(waiting)
        for header, payload in [begin, *frames_of(other)]:
            writer.append(header, payload)
        assert run(store, tmp_path / "out")[-1].done == 1
        writer.append(*end)
        assert run(store, tmp_path / "out")[-1].done == 1
        assert [row["id"] for row in exported(tmp_path / "out")] == ids(store)
        writer.close()


def test_half_a_character_is_an_escape(tmp_path: Path) -> None:
    """No column of texts can hold one: it would keep every call beside it from being exported."""
    call = chat(1, [{"role": "user", "content": "a"}], "b", **{"x\ud800": 1})
    call.body = json.dumps(call.body).encode()
    call.facts = {"tags": ["\ud800", "ü"]}
    call.answer["choices"][0]["finish_reason"] = "\ud800"
    with stored(tmp_path / "store.db", [call])[0] as store:
        run(store, tmp_path / "out")
        table = store.calls().to_arrow()
        for row in (*exported(tmp_path / "out"), *table.to_pylist()):
            assert (row["tags"], row["finish_reasons"]) == (["\\ud800", "ü"], ["\\ud800"])
        assert table.column("param.x\\ud800").to_pylist() == [1]


KILLED = """
import os, signal, sys
from thence.ingest import open_store
from thence.upkeep import parquet
left = int(sys.argv[3])
def counted(inner):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(*args, **kwargs)
    return call
parquet._Place._save = counted(parquet._Place._save)
parquet._Place._write_file = counted(parquet._Place._write_file)
for _ in parquet.export_parquet(open_store(sys.argv[1]), sys.argv[2], segment_size=4):
    pass
"""


@pytest.mark.parametrize("point", [1, 2, 3, 4, 6])
def test_killed_and_resumed(tmp_path: Path, point: int) -> None:
    with everything(tmp_path / "store.db") as store:
        command = [sys.executable, "-c", KILLED, str(tmp_path / "store.db"), str(tmp_path / "out"), str(point)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
        run(store, tmp_path / "out", segment_size=4)
        assert [row["id"] for row in exported(tmp_path / "out")] == ids(store)


def test_another_file_system(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    with everything(tmp_path / "store.db") as store:
        list(export_parquet(store, "memory://bucket/calls"))
        memory = fsspec.filesystem("memory")
        found = [pq.read_table(memory.open(name)).num_rows for name in memory.glob("/bucket/calls/calls/**/*.parquet")]
        assert sum(found) == len(store.calls())
        memory.rm("/bucket", recursive=True)


def test_duckdb_reads_them(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    with everything(tmp_path / "store.db") as store:
        run(store, tmp_path / "out")
        files = f"read_parquet('{tmp_path}/out/calls/**/*.parquet', hive_partitioning = true)"
        connection = duckdb.connect()
        ((count,),) = connection.execute(f"SELECT count(DISTINCT id) FROM {files}").fetchall()
        assert count == len(store.calls())
        found = connection.execute(
            f"SELECT p.source, count(*) FROM (SELECT unnest(parameters) AS p, provider FROM {files}) "
            "WHERE p.name = 'temperature' AND provider = 'openai' GROUP BY 1"
        ).fetchall()
        expected = [call for call in store.calls() if "temperature" in call.params and call.provider == "openai"]
        assert dict(found) == {"CALL": len(expected)}
        late = connection.execute(f"SELECT count(*) FROM {files} WHERE started_at > TIMESTAMPTZ '2023-01-01'")
        assert late.fetchall() == [(count,)]


def environment(name: str, *requirements: str) -> Path:
    """The Python of an environment with some packages, made once by uv: they are larger than all else together."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "thence" / name
    python = str(folder / "bin" / "python")
    uv = shutil.which("uv") or str(Path(".tools/bin/uv").absolute())
    if not (folder / "made").exists():
        for command in (
            ["venv", "--clear", "--python", sys.executable, str(folder)],
            ["pip", "install", *requirements],
        ):
            where = ["--python", python] if command[0] == "pip" else []
            if subprocess.run([uv, *command, *where, "--quiet"], check=False).returncode:
                pytest.skip(f"{' '.join(requirements)} can't be installed here")
        (folder / "made").touch()
    return Path(python)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_frames_of_other_houses(tmp_path: Path) -> None:
    """``to_pandas`` and ``to_polars``, which need packages that nothing else does."""
    python = environment("frames", "pandas>=2", "polars>=1")
    with everything(tmp_path / "store.db") as store:
        table = store.calls().to_arrow()
        script = """
import sys, thence
calls = thence.calls(sys.argv[1])
frames = [calls.to_pandas(), calls.to_polars()]
for frame in frames:
    print(list(frame.columns) == calls.to_arrow().column_names, len(frame), list(frame["id"]) == [c.id for c in calls])
"""
        beside = [str(Path(__file__).parents[2] / "src"), sysconfig.get_paths()["purelib"]]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(beside)}
        ran = subprocess.run(
            [python, "-c", script, tmp_path / "store.db"], capture_output=True, text=True, check=False, env=env
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
        assert ran.stdout.split("\n")[:2] == [f"True {table.num_rows} True"] * 2


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_spark_reads_them(tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("no Java: PySpark needs version 17 or newer")
    spark = environment("spark", SPARK)
    with everything(tmp_path / "store.db") as store:
        run(store, tmp_path / "out")
        script = f"""
import json
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
calls = spark.read.parquet("{tmp_path}/out/calls")
calls.createOrReplaceTempView("calls")
rows = spark.sql("SELECT count(DISTINCT id), sum(input_tokens) FROM calls").collect()[0]
exploded = "(SELECT explode(parameters) AS p FROM calls)"
named = spark.sql("SELECT count(*) FROM " + exploded + " WHERE p.name = 'model'").collect()[0]
print("RESULT", json.dumps([rows[0], rows[1], named[0], sorted(calls.columns)[:3]]))
spark.stop()
"""
        ran = subprocess.run([spark, "-c", script], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr[-2000:]
        result = json.loads(ran.stdout.partition("RESULT ")[2])
        calls = list(store.calls())
        assert result[0] == len(calls)
        assert result[1] == sum(call.usage.input_tokens or 0 for call in calls)
        assert result[2] == sum("model" in call.params for call in calls)


def test_the_reference_has_every_column() -> None:
    text = REFERENCE.read_text()
    for column in COLUMNS:
        assert f"| `{column.name}` | {column.type} |" in text, column.name
    for name, kind in PARAMETER.items():
        assert f"| `{name}` | {kind} |" in text, name
    assert all(f"`{name}`" in text for name in PARTITIONS)
    assert f"version {SCHEMA_VERSION}" in text
    assert len(calls_of_everything()) > 5
