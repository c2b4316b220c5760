"""What may not stand in the source at all: code from data, and SQL from text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import thence

SOURCES = sorted(Path(thence.__file__).parent.rglob("*.py"))
MODULES = frozenset({"pickle", "marshal", "shelve", "dill", "cloudpickle", "yaml", "xml", "tarfile"})
CALLS = frozenset({"eval", "exec", "__import__", "extractall", "load_module", "system", "popen"})
STATEMENTS = frozenset({"execute", "executemany", "executescript", "exec_driver_sql", "text", "literal_column"})
ALLOWED = {
    ("pager.py", "shell="),  # the user's own PAGER, as git runs it
    ("changing.py", "text() of text that is put together"),  # VACUUM and ANALYZE of the schema's own tables
    ("inside.py", "literal_column() of text that is put together"),  # paths of ours, each asserted to be names
}


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and reason."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in MODULES:
                yield node.lineno, str(node.module)
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in CALLS:
                yield node.lineno, f"{name}()"
            if any(word.arg == "shell" for word in node.keywords):
                yield node.lineno, "shell="
            if name in STATEMENTS and node.args and built(node.args[0]):
                yield node.lineno, f"{name}() of text that is put together"


def built(argument: ast.expr) -> bool:
    """Whether a text is put together where it stands: an f-string, ``%``, ``+`` or ``.format()``."""
    if isinstance(argument, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in argument.values)
    if isinstance(argument, ast.BinOp):
        return isinstance(argument.op, (ast.Mod, ast.Add))
    return (
        isinstance(argument, ast.Call)
        and isinstance(argument.func, ast.Attribute)
        and argument.func.attr in {"format", "join", "replace"}
    )


def test_nothing_of_the_kind_is_there() -> None:
    assert len(SOURCES) > 200
    found = {(path.name, said) for path in SOURCES for _, said in faults(ast.parse(path.read_text(encoding="utf-8")))}
    assert found == ALLOWED


def test_it_would_be_found() -> None:
    bad = [
        "import pickle",
        "from yaml import load",
        "eval(text)",
        "archive.extractall(folder)",
        "subprocess.run(line, shell=True)",
        'cursor.execute(f"SELECT {name}")',
        'connection.exec_driver_sql("SELECT %s" % name)',
        'text("SELECT " + name)',
        'cursor.execute("{}".format(name))',
    ]
    assert [line for line in bad if not list(faults(ast.parse(line)))] == []
    assert list(faults(ast.parse('cursor.execute("SELECT ?", (name,)); cursor.execute(f"SELECT 1")'))) == []
