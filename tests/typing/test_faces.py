"""mypy and pyright see through the public face what they see without Thence."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import thence.anthropic
import thence.openai

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SDKS = ("openai", "anthropic")


def checked(checker: str, *arguments: str) -> tuple[int, str]:
    """The exit code of a type checker, and what it says."""
    command = [sys.executable, "-m", checker, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """What the checkers read: the cases, and for each SDK a module that imports all its public names."""
    cases = tmp_path / "faces.py"
    cases.write_text((HERE / "faces.py").read_text())
    found = [str(cases)]
    for sdk in SDKS:
        real = importlib.import_module(sdk)
        names = [name for name in vars(real) if name in real.__all__ or is_public(real, name)]
        path = tmp_path / f"names_of_{sdk}.py"
        path.write_text("".join(f"from thence.{sdk} import {name} as n{n}\n" for n, name in enumerate(names)))
        found.append(str(path))
    return found


def is_public(sdk: Any, name: str) -> bool:
    """Whether users of an SDK may import the name, though ``__all__`` lacks it: no marker of a removed interface."""
    return (
        not name.startswith("_")
        and name.isidentifier()
        and name not in {"annotations", "override", "TypeAlias"}
        and type(vars(sdk)[name]).__name__ != "APIRemovedInV1Proxy"
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_mypy_sees_every_overload_and_name(files: list[str], tmp_path: Path) -> None:
    code, said = checked("mypy", "--cache-dir", str(tmp_path / "cache"), *files)
    assert code == 0, said


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("files")
def test_pyright_sees_every_overload_and_name(tmp_path: Path) -> None:
    settings = {
        "include": ["*.py"],
        "extraPaths": [str(ROOT / "src"), str(ROOT)],
        "enableTypeIgnoreComments": False,
        "reportUnnecessaryTypeIgnoreComment": True,
        "reportPrivateImportUsage": False,  # what an SDK has in its __init__ without exporting it
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    code, said = checked("pyright", "--project", str(tmp_path), "--pythonpath", sys.executable)
    assert code == 0, said


@pytest.mark.parametrize("sdk", SDKS)
def test_every_public_name_is_there(sdk: str) -> None:
    real: Any = importlib.import_module(sdk)
    drop_in: Any = {"openai": thence.openai, "anthropic": thence.anthropic}[sdk]
    assert list(drop_in.__all__) == list(real.__all__)
    for name in real.__all__:
        assert getattr(drop_in, name) == getattr(real, name)
    others = {name for name in real.__all__ if getattr(drop_in, name) is not getattr(real, name)}
    assert others == set(drop_in.CLIENTS) & set(real.__all__)
    assert set(real.__all__) <= set(dir(drop_in))


@pytest.mark.parametrize("sdk", SDKS)
def test_every_client_class_is_a_drop_in(sdk: str) -> None:
    real: Any = importlib.import_module(sdk)
    drop_in: Any = {"openai": thence.openai, "anthropic": thence.anthropic}[sdk]
    clients = {
        name
        for name in real.__all__
        if isinstance(getattr(real, name), type)
        and any(base.__name__ in {"SyncAPIClient", "AsyncAPIClient"} for base in getattr(real, name).__mro__)
    }
    assert clients <= set(drop_in.CLIENTS)
    assert type(drop_in.Client) is not type
    assert drop_in.Client is drop_in.Client
