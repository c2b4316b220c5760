"""Every command is documented, its help opens with two examples, and every option says what it does."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from thence.cli import app
from thence.cli.catalogue import Later

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/cli.md").read_text()
CHANGES = (ROOT / "CHANGELOG.md").read_text()

every_command = pytest.mark.parametrize("name", sorted(app.commands))


def real(name: str) -> click.Command:
    command = app.commands[name]
    assert isinstance(command, Later)
    return command.real


@every_command
def test_has_a_section_with_its_help(name: str) -> None:
    assert f"\n## thence {name}\n\n<!-- help: {name} -->\n" in PAGE


@every_command
def test_help_opens_with_two_examples(name: str) -> None:
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    before_options = shown.output.partition("Options")[0]
    examples = [line for line in before_options.splitlines() if line.strip().startswith(f"thence {name}")]
    assert len(examples) == 2, shown.output
    assert max(map(len, shown.output.splitlines())) <= 80


@every_command
def test_every_option_says_what_it_does(name: str) -> None:
    for parameter in real(name).params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


def test_the_page_has_no_section_without_a_command() -> None:
    sections = {line.removeprefix("## thence ") for line in PAGE.splitlines() if line.startswith("## thence ")}
    assert sections == set(app.commands)


@pytest.mark.parametrize("word", ["--help", "-h"])
def test_help_of_the_whole_opens_with_two_examples(word: str) -> None:
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(app, [word])
    assert shown.output.index("thence log") < shown.output.index("thence blame") < shown.output.index("Options")


def test_an_unknown_command_is_a_wrong_use() -> None:
    assert CliRunner().invoke(app, ["blam"]).exit_code == 2
