"""The public names: each is there, and each module says which they are."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from importlib.metadata import version

import pytest

import thence

# Modules, by the beginning of their name, that need an extra which the tests' environment may lack.
OPTIONAL = {"litellm": "litellm", "callback": "litellm"}
MODULES = sorted(
    found.name
    for found in pkgutil.walk_packages(thence.__path__, "thence.")
    # the first three are programs, not modules to import
    if not {"__main__", "sitecustomize", "migrations"} & set(found.name.split("."))
)


@pytest.mark.parametrize("name", thence.__all__)
def test_every_name_of_the_face_is_there(name: str) -> None:
    assert getattr(thence, name) is not None
    assert name in dir(thence)


def test_whoever_asks_for_each_name_loads_no_sdk() -> None:
    """Freezegun does, with a clock in place that an SDK can't be imported with."""
    program = (
        "import sys, thence\n"
        "for name in dir(thence): getattr(thence, name)\n"
        "print([sdk for sdk in ('openai', 'anthropic', 'litellm') if sdk in sys.modules])\n"
        "import openai\n"
        "print('openai' in dir(thence), 'anthropic' in dir(thence))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout.split("\n")[:2], ran.stderr) == (["[]", "True False"], "")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="wrapp"):
        _ = thence.wrapp


def test_the_version_is_that_of_the_package() -> None:
    assert thence.__version__ == version("thence")


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for_and_what_it_offers(name: str) -> None:
    for part, needed in OPTIONAL.items():
        if name.rpartition(".")[2].startswith(part):
            pytest.importorskip(needed)
    module = importlib.import_module(name)
    assert module.__doc__
    for public in getattr(module, "__all__", ()):
        assert hasattr(module, public), public


def test_no_public_name_is_a_modules() -> None:
    """An import of a submodule puts it on the package, over whatever had its name."""
    modules = {name.split(".")[1] for name in MODULES}
    assert not {name for name in thence.__all__ if name in modules and name != "errors"}
