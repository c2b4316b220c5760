"""Files, presets, profiles, the environment and plug-ins become layers with exact origins; mistakes are told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from thence import faults
from thence.errors import ConfigError
from thence.params import Layer, ParameterSource, Where, fill, load, load_layers, load_quietly, plug_in
from thence.params import layers as layers_module
from thence.params.layers import Configured

S = ParameterSource

FILE = """\
[params]
temperature = 0.2
reasoning = { effort = "low" }

[params."gpt-4*"]
top_p = 0.9
[params."gpt-4o*"]
top_p = 0.8
[params."/v1/embeddings"]
dimensions = 256
[params."/v1/responses"."gpt-5*"]
seed = 3

[params.extra_body]
min_p = 0.05
temprature = 1

[presets.base]
seed = 1
temperature = 1.0
[presets.warm]
extends = "base"
temperature = 1.5
[presets.both]
extends = ["warm", "base"]

[profiles.ci]
capture = "params"
[profiles.ci.params]
temperature = 0
[profiles.ci.presets.base]
seed = 2
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("THENCE_"):
            monkeypatch.delenv(name)
    return tmp_path


def configured(project: Path, text: str = "", dotenv: str = "", **environ: str) -> Configured:
    if text:
        (project / "thence.toml").write_text(text)
    if dotenv:
        (project / ".env").write_text(dotenv)
    return load(project / "deep" / "er", environ)


def origins(layers: tuple[Layer, ...]) -> dict[str, str | None]:
    """Parameter to the origin of its first layer."""
    found: dict[str, str | None] = {}
    for layer in layers:
        for name in layer.values:
            found.setdefault(name, layer.origin_of(name))
    return found


def test_nothing_configured_gives_no_layer(project: Path) -> None:
    assert configured(project) == Configured()


def test_every_parameter_of_a_file_has_its_line(project: Path) -> None:
    found = configured(project, FILE)
    assert found.path == project / "thence.toml"
    assert [(layer.where, layer.origin) for layer in found.layers] == [
        (Where("gpt-4o*"), "thence.toml:7"),
        (Where("gpt-5*", "/v1/responses"), "thence.toml:11"),
        (Where("gpt-4*"), "thence.toml:5"),
        (Where(endpoint="/v1/embeddings"), "thence.toml:9"),
        (Where(), "thence.toml:1"),
    ]
    assert {layer.source for layer in found.layers} == {S.CONFIG_FILE}
    assert origins(found.layers) == {
        "top_p": "thence.toml:8",
        "seed": "thence.toml:12",
        "dimensions": "thence.toml:10",
        "temperature": "thence.toml:2",
        "reasoning": "thence.toml:3",
        "min_p": "thence.toml:15",
        "temprature": "thence.toml:16",
    }
    filled = fill({"model": "gpt-4o"}, found.layers, model="gpt-4o", endpoint="/chat/completions")
    assert filled.values["top_p"] == 0.8
    assert "seed" not in filled.values


def test_presets_extend_and_say_through_which(project: Path) -> None:
    found = configured(project, FILE)
    warm = found.preset("warm")
    assert origins(warm) == {"temperature": "thence.toml:23 [warm]", "seed": "thence.toml:19 [base, through warm]"}
    assert [dict(layer.values) for layer in warm] == [{"temperature": 1.5}, {"seed": 1, "temperature": 1.0}]
    assert [dict(layer.values) for layer in found.preset("both")] == [dict(layer.values) for layer in warm]
    with pytest.raises(ConfigError, match="did you mean warm"):
        found.preset("wram")


def test_a_profile_stands_before_the_rest(project: Path) -> None:
    found = configured(project, FILE, THENCE_PROFILE="ci")
    assert origins(found.layers)["temperature"] == "thence.toml:30"
    assert [word.value for word in found.settings["capture"]] == ["params"]
    assert found.preset("warm")[1].values == {"seed": 2}
    with pytest.raises(ConfigError, match=r"thence\.toml:27: no profile cii: did you mean ci"):
        configured(project, THENCE_PROFILE="cii")


def test_pyproject_speaks_where_no_thence_toml_does(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project]\nname = 'thence-user'\n[tool.thence.params]\nseed = 1\n")
    assert origins(configured(project).layers) == {"seed": "pyproject.toml:4"}
    (project / "deep" / "pyproject.toml").write_text("[project]\nname = 'about thence'\n")
    assert origins(configured(project).layers) == {"seed": "pyproject.toml:4"}
    assert configured(project, "[params]\nseed = 2\n").path == project / "thence.toml"


def test_a_chosen_file_is_the_only_one(project: Path) -> None:
    (project / "other.toml").write_text("[params]\nseed = 5\n")
    found = load(project, {"THENCE_CONFIG": "other.toml"})
    assert origins(found.layers) == {"seed": "other.toml:2"}
    with pytest.raises(ConfigError, match=r"THENCE_CONFIG: names gone\.toml, which is not there"):
        load(project, {"THENCE_CONFIG": "gone.toml"})


def test_variables_come_before_dotenv_and_both_before_files(project: Path) -> None:
    dotenv = "# a comment\n\nTHENCE_PARAM_SEED=1\nOTHER='two\nlines'\n\nexport THENCE_PARAM_TOP_P=${HALF}5\r\n"
    found = configured(project, FILE, dotenv, THENCE_PARAM_SEED="2", HALF="0.")
    ours = [layer for layer in found.layers if layer.source is S.ENV]
    assert [dict(layer.values) for layer in ours] == [{"seed": 2}, {"seed": 1, "top_p": 0.5}]
    assert [layer.origin_of("seed") for layer in ours] == ["THENCE_PARAM_SEED", ".env:3"]
    assert ours[1].origin_of("top_p") == ".env:7"
    assert found.layers[-1].source is S.CONFIG_FILE


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.2", 0.2),
        ("1", 1),
        ("true", True),
        ("null", None),
        ('"1"', "1"),
        ("'1'", "1"),
        ("1_000", 1000),
        ('{"a": [1]}', {"a": [1]}),
        ("gpt-4o", "gpt-4o"),
        ("2024-01-01", "2024-01-01"),
        ("a = [", "a = ["),
        ("[" * 5000, "[" * 5000),
    ],
)
def test_a_variable_is_json_or_toml_or_text(project: Path, text: str, value: Any) -> None:
    (layer,) = configured(project, THENCE_PARAM_VENDOR_SETTING=text).layers
    assert layer.values == {"vendor_setting": value}
    assert type(layer.values["vendor_setting"]) is type(value)


def test_nested_variables_and_empty_ones(project: Path) -> None:
    (layer,) = configured(
        project,
        THENCE_PARAM_REASONING__EFFORT="low",
        THENCE_PARAM_REASONING__SUMMARY="auto",
        THENCE_PARAM_EXTRA_BODY='{"min_p": 0.1}',
        THENCE_PARAM_SEED="",
    ).layers
    assert layer.values == {"reasoning": {"effort": "low", "summary": "auto"}, "min_p": 0.1}
    assert layer.origin_of("min_p") == "THENCE_PARAM_EXTRA_BODY"


@pytest.mark.parametrize("turned", [False, True])
def test_an_object_and_its_members_are_joined_in_whatever_order_they_come(project: Path, turned: bool) -> None:
    said = {
        "THENCE_PARAM_REASONING": '{"effort": "high", "summary": "auto"}',
        "THENCE_PARAM_REASONING__EFFORT": "low",
        "THENCE_PARAM_EXTRA_BODY": '{"min_p": 0.1}',
        "THENCE_PARAM_EXTRA_BODY__TOP_A": "0.2",
    }
    (layer,) = configured(project, **dict(sorted(said.items(), reverse=turned))).layers
    assert layer.values == {"reasoning": {"effort": "low", "summary": "auto"}, "min_p": 0.1, "top_a": 0.2}
    assert layer.origins == {
        "reasoning": "THENCE_PARAM_REASONING, THENCE_PARAM_REASONING__EFFORT",
        "min_p": "THENCE_PARAM_EXTRA_BODY",
        "top_a": "THENCE_PARAM_EXTRA_BODY__TOP_A",
    }


def test_of_a_variable_that_dotenv_gives_twice_the_last_counts(project: Path) -> None:
    first = ("THENCE_PARAM_SEED=1", "THENCE_TRACT=a", "THENCE_PARAM_TOP_P=1")
    last = ("THENCE_PARAM_SEED=2", "THENCE_TRACT=b", "THENCE_PARAM_TOP_P=")
    found = configured(project, dotenv="\n".join((*first, *last)))
    (layer,) = found.layers
    assert (layer.values, layer.origin_of("seed")) == ({"seed": 2}, ".env:4")
    assert [(said.value, said.origin) for said in found.settings["tract"]] == [("b", ".env:5")]


@pytest.mark.parametrize("text", [b"NAME=Jos\xe9\n", b"KEY=" + b"x" * (2 << 20)], ids=["latin-1", "long"])
def test_a_dotenv_that_says_nothing_of_thence_is_somebody_elses(project: Path, text: bytes) -> None:
    (project / ".env").write_bytes(text)
    assert load(project, {}).layers == ()
    (project / ".env").write_bytes(text + b"\nTHENCE_PARAM_SEED=1\n")
    with pytest.raises(ConfigError, match=r"^\.env:1: is "):
        load(project, {})


def test_a_dotenv_that_cannot_be_read_is_told_of(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text("THENCE_PARAM_SEED=1\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(faults, "note", lambda *said: told.append(said))
    told: list[object] = []
    assert load(project, {}).layers == ()
    assert told == [("configuration", ".env can't be read: Permission denied")]


def test_overrides_of_a_run(project: Path) -> None:
    (layer,) = configured(project, THENCE_OVERRIDES='{"temperature": 0}').layers
    assert (layer.source, layer.origin, layer.values) == (S.OVERRIDE, "thence run --set", {"temperature": 0})


MISTAKES = {
    "[params]\ntemperature = 'hot'\n": (2, "temperature must be a number, not a text"),
    "[params]\ntemperature = true\n": (2, "temperature must be a number, not a boolean"),
    "[params]\ntemperature = nan\n": (2, "temperature holds nan, which JSON does not know"),
    "[params.extra_body]\nbias = [0.5, -inf]\n": (2, "bias holds -inf, which JSON does not know"),
    "[params]\n\ntemprature = 1\n": (3, "unknown parameter temprature: did you mean temperature?"),
    "[params]\nstream = true\n": (2, "stream can't be set from outside the call"),
    "[params]\nx = 2024-01-01\n": (2, "holds a date"),
    "[params]\nx.y = [2024-01-01]\n": (2, "no parameter that is known to take a table"),
    "[params.o3]\nseed = 1\n": (1, "no parameter that is known to take a table"),
    "params = 1\n": (1, "params must be a table, not an integer"),
    "[[params]]\n": (1, "params must be a table, not a list"),
    "[parms]\n": (1, "unknown key parms: did you mean params?"),
    "x = 1\ntemperature = 1\n": (1, "unknown key x"),
    "capture = 1\n": (1, "capture must be a text, not an integer"),
    "[presets.a]\nextends = 'b'\n[presets.b]\nextends = 'a'\n": (4, "in a circle: a -> b -> a"),
    "[presets.a]\nextends = 'a'\n": (2, "in a circle: a -> a"),
    "[presets.a]\nextends = ['base', 1]\n": (2, "extends must be a text"),
    "[presets.a]\nextends = 'bse'\n[presets.base]\n": (2, "no preset bse: did you mean base?"),
    "[presets]\na = 1\n": (2, "a must be a table"),
    "[profiles.ci.profiles.x]\n": (1, "unknown key profiles"),
    '[params."a*"."b*"]\nseed = 1\n': (1, "within another's"),
    '[params."gpt*"."/v1/x"]\nseed = 1\n': (1, "right below"),
    "[params]\nseed = 1\n[params]\n": (3, "given twice"),
    "params = [1 2]\n": (1, "no TOML"),
}


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: repr(text[:30]))
@pytest.mark.parametrize("breaks", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_mistake_is_told_with_file_and_line(project: Path, text: str, breaks: str) -> None:
    line, said = MISTAKES[text]
    path = project / "thence.toml"
    path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", breaks).encode())
    with pytest.raises(ConfigError) as refused:
        load(project, {})
    assert said in str(refused.value)
    assert str(refused.value.origin) == f"thence.toml:{line}"


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"THENCE_PARAM_TEMPERATURE": "O.7"}, "THENCE_PARAM_TEMPERATURE: temperature must be a number, not a text"),
        ({"THENCE_PARAM_TEMPRATURE": "0.7"}, "did you mean temperature?"),
        ({"THENCE_PARAM_TEMPERATURE": "NaN"}, "THENCE_PARAM_TEMPERATURE: temperature must be a number, not a text"),
        ({"THENCE_OVERRIDES": '{"top_p": Infinity}'}, "top_p holds inf, which JSON does not know"),
        ({"THENCE_PARAM_STREAM": "1"}, "THENCE_PARAM_STREAM: stream can't be set"),
        ({"THENCE_PARAM_SEED": "1", "THENCE_PARAM_SEED__X": "1"}, "goes into an object"),
        ({"THENCE_CAPTUR": "full"}, "did you mean THENCE_CAPTURE?"),
        ({"THENCE_OVERRIDES": "{"}, "THENCE_OVERRIDES: is no JSON object"),
        ({"THENCE_OVERRIDES": "[]"}, "THENCE_OVERRIDES must be a table"),
        ({"THENCE_PROFILE": "ci"}, "THENCE_PROFILE: names a profile, and there is no configuration file"),
    ],
)
def test_a_mistake_in_a_variable_is_told_with_its_name(project: Path, environ: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(project, environ)
    assert said in str(refused.value)


def test_a_mistake_in_dotenv_is_told_with_its_line(project: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.env:2: temperature must be"):
        configured(project, dotenv="A=1\nTHENCE_PARAM_TEMPERATURE=x\n")
    with pytest.raises(ConfigError, match=r"\.env:3: can't be read as NAME=value"):
        configured(project, dotenv="A=1\nTHENCE PARAM\nTHENCE_X Y = 1\n")


@pytest.fixture
def no_plug_in_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_module, "_plugged", [])


@pytest.mark.usefixtures("no_plug_in_stays")
def test_a_plug_in_layer_takes_its_place(project: Path) -> None:
    team = ParameterSource.register("TEAM_TEST", between=(S.ENV, S.CONFIG_FILE))
    plug_in(lambda: [Layer(team, "team v3", {"temperature": 0.9, "seed": 9})])
    found = configured(project, FILE, THENCE_PARAM_SEED="1")
    filled = fill({}, found.layers, endpoint="/chat/completions")
    assert filled.values["temperature"] == 0.9
    assert filled.values["seed"] == 1


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(project: Path) -> None:
    first = configured(project, "[params]\nseed = 1\n")
    again = configured(project)
    assert again.layers[0] is first.layers[0]
    assert configured(project, "[params]\nseed = 22\n").layers[0].values == {"seed": 22}
    (project / "thence.toml").unlink()
    assert configured(project).layers == ()


def test_within_a_call_a_mistake_is_counted_and_the_last_good_stands(project: Path) -> None:
    good = configured(project, "[params]\nseed = 1\n")
    before = faults.counts().get("configuration", 0)
    (project / "thence.toml").write_text("[params\n")
    assert load_quietly(project, {}).layers == good.layers
    assert faults.counts()["configuration"] == before + 1
    assert "thence.toml:1" in faults.last()["configuration"]


def test_layers_of_presets_join(project: Path) -> None:
    configured(project, FILE)

    class Chosen:
        preset = "warm"

    found = load_layers(Chosen(), preset="base")
    assert [layer.origin for layer in found if layer.source is S.PRESET] == [
        "thence.toml:18 [base]",
        "thence.toml:21 [warm]",
        "thence.toml:18 [base, through warm]",
    ]
