"""What fits on 80 columns, and what is left out where it does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from thence.cli.columns import parameter_cell
from thence.cli.forms import cell
from thence.cli.parameters import summary
from thence.cli.render import cut, place, value, wrapped
from thence.cli.template import filled
from thence.params import ABSENT, Layer, ParameterSource
from thence.params.plan import planned
from thence.reading.values import elapsed, letter


def test_each_source_has_a_letter_of_its_own() -> None:
    letters = [letter(source) for source in ParameterSource]
    assert len(set(letters)) == len(letters)


@pytest.mark.parametrize(
    ("origin", "width", "shown"),
    [
        ("{here}/app.py:31 main", 40, "app.py:31 main"),
        ("/srv/programs/colours/app.py:31 main", 20, "…/app.py:31 main"),
        ("/srv/programs/colours/app.py:31 main", 12, "…/app.py:31"),
        ("THENCE_PARAM_TEMPERATURE", 10, "…MPERATURE"),
        ("a\x1b[31mb", 20, "a\\x1b[31mb"),
        (None, 10, ""),
    ],
)
def test_an_origin_keeps_its_line_number(origin: str | None, width: int, shown: str) -> None:
    assert place(origin and origin.format(here=Path.cwd()), width) == shown


@pytest.mark.parametrize(
    ("of", "shown"),
    [
        (ABSENT, "-"),
        (None, "null"),
        (True, "true"),
        (0.800000011920929, "0.8"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e300, "1e+300"),
        ("a\x1bb", '"a\\u001bb"'),
        ("a\x9b\u202eb", '"a\\u009b\\u202eb"'),
        ("Prüfung 日本", '"Prüfung 日本"'),
        ("\ud800", '"\\ud800"'),
        (["x" * 40], '["xxxxxxxxxxxxxxxxx…'),
    ],
)
def test_a_value_is_one_line_of_json(of: object, shown: str) -> None:
    assert value(of, 20) == shown


@pytest.mark.parametrize("text", ["plain", "日本語" * 9, "a\nb\tc" * 9, "é" * 40])
def test_cut_text_fits(text: str) -> None:
    assert cell_len(cut(text, 20)) <= 20


def test_words_are_set_in_lines_that_fit() -> None:
    lines = wrapped([f"word{number}" for number in range(40)], 30, "  ").splitlines()
    assert max(map(len, lines)) <= 30
    assert " ".join(lines).split() == [f"word{number}" for number in range(40)]


def test_durations_have_the_unit_that_fits() -> None:
    assert [elapsed(seconds) for seconds in (None, 0.042, 1.25, 600)] == ["-", "42 ms", "1.2 s", "10 min"]


def test_a_cell_is_written_in_its_own_script() -> None:
    assert cell(["Prüfung"]) == '["Prüfung"]'
    assert filled("{name}", {"name": ["Prüfung"]}) == '["Prüfung"]'


def test_a_parameter_stands_in_a_line_under_the_name_that_was_sent() -> None:
    file = Layer(ParameterSource.CONFIG_FILE, "thence.toml:2", {"max_tokens": 64})
    config = planned({"model": "m"}, [file], endpoint="/v1/responses", origin="here")
    assert config["max_tokens"].state == "dropped"
    assert summary(config) == ['model="m" C', "max_output_tokens=64 F"]
    assert parameter_cell(config["max_tokens"]).plain == "64 F renamed"
