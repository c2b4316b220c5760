"""The reference names all that there is to be named."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from tests.cli.history import write

ROOT = Path(__file__).parents[2]
VARIABLE = re.compile(r"\bTHENCE_[A-Z_]+[A-Z]\b")
EXAMPLES = {"THENCE_PARAM_TEMPERATURE", "THENCE_PARAM_REASONING__EFFORT", "THENCE_COMPLETE"}


def test_every_variable_has_a_line() -> None:
    from thence.params.known import SETTINGS

    page = (ROOT / "docs/reference/environment.md").read_text()
    read = {found for file in (ROOT / "src").rglob("*.py") for found in VARIABLE.findall(file.read_text())}
    read |= {f"THENCE_{name.upper()}" for name in SETTINGS}
    assert read - EXAMPLES - {"THENCE_PARAM"} == set(VARIABLE.findall(page)) - EXAMPLES - {"THENCE_PARAM_NAME"}


def test_every_public_name_is_on_the_page_of_the_python_interface() -> None:
    import thence
    import thence.testing

    page = (ROOT / "docs/reference/python.md").read_text()
    names = {*thence.__all__, *thence.testing.__all__} - {"__version__"}
    assert {name for name in names if not re.search(rf"\b{name}\b", page)} == set()


def screens() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_screens", ROOT / "docs/screens.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", screens().PICTURES)
def test_a_picture_shows_what_the_command_prints(name: str, tmp_path: Path) -> None:
    """Where it does not any more: ``python docs/screens.py``."""
    write(tmp_path / ".thence/store.db")
    module = screens()
    drawn = module.picture(module.PICTURES[name], tmp_path, name)
    assert drawn == (ROOT / "docs/img" / f"{name}.svg").read_text()


def test_every_picture_of_a_command_is_shown() -> None:
    pages = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    assert {f"{name}.svg" for name in screens().PICTURES} == set(re.findall(r"img/(cli-[a-z]+\.svg)", pages))
