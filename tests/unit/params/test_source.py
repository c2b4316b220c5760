"""The order of sources, its enum-like face, plug-ins, and what counts as absent."""

from __future__ import annotations

import copy
import itertools
import pickle

import pytest

from thence.params import ABSENT, Parameter, ParameterProvenance, ParameterSource, is_absent
from thence.params.source import BUILT_IN

CHAIN = ["OVERRIDE", "CALL", "DECORATOR", "SESSION", "CLIENT", "ENV", "CONFIG_FILE", "PRESET", "SDK", "PROVIDER"]


def test_the_chain_is_total_and_in_the_documented_order() -> None:
    assert [source.name for source in BUILT_IN] == CHAIN
    for above, below in itertools.combinations(BUILT_IN, 2):
        assert above < below
        assert below > above
        assert above != below
        assert above <= below
        assert sorted([below, above]) == [above, below]


def test_it_has_the_face_of_an_enum() -> None:
    assert ParameterSource["CALL"] is ParameterSource.CALL
    assert ParameterSource.CALL.name == "CALL"
    assert ParameterSource.CALL.value == ParameterSource.CALL.rank == int(ParameterSource.CALL)
    assert ParameterSource.CALL in ParameterSource
    assert "CALL" not in ParameterSource
    assert len(ParameterSource) == len(list(ParameterSource)) == len(ParameterSource.__members__)
    assert repr(ParameterSource.CALL) == "ParameterSource.CALL"
    assert str(ParameterSource.CALL) == "CALL"
    with pytest.raises(KeyError):
        ParameterSource["NOBODY"]
    with pytest.raises(AttributeError):
        ParameterSource.CALL.rank = 3  # type: ignore[misc]


@pytest.mark.parametrize("source", BUILT_IN, ids=str)
def test_copies_are_the_member_itself(source: ParameterSource) -> None:
    assert copy.copy(source) is copy.deepcopy(source) is pickle.loads(pickle.dumps(source)) is source
    assert {source: 1}[ParameterSource[source.name]] == 1


@pytest.mark.parametrize(("above", "below"), list(itertools.pairwise(BUILT_IN)), ids=str)
def test_a_plug_in_fits_between_any_two_neighbours(above: ParameterSource, below: ParameterSource) -> None:
    name = f"BETWEEN_{above.name}_{below.name}"
    plugged = ParameterSource.register(name, between=(below, above), set_by="a test")
    assert above < plugged < below
    assert ParameterSource.register(name, between=(above, below)) is plugged
    assert ParameterSource[name] is plugged
    assert list(ParameterSource).index(plugged) > list(ParameterSource).index(above)


def test_a_plug_in_gets_a_clear_refusal() -> None:
    with pytest.raises(ValueError, match="upper-case identifier"):
        ParameterSource.register("my team", between=(ParameterSource.CALL, ParameterSource.ENV))
    with pytest.raises(ValueError, match="registered already"):
        ParameterSource.register("ENV", between=(ParameterSource.SDK, ParameterSource.PROVIDER))
    above, below = ParameterSource.SDK, ParameterSource.PROVIDER
    while below.rank - above.rank > 1:
        above = ParameterSource.register(f"DEEPER_{above.rank}", between=(above, below))
    with pytest.raises(ValueError, match="no rank is left"):
        ParameterSource.register("TOO_DEEP", between=(above, below))


def test_a_stored_source_that_nobody_registers_here_keeps_its_rank() -> None:
    stranger = ParameterSource.stored("SOMEWHERE_ELSE", 650)
    assert ParameterSource.ENV < stranger < ParameterSource.CONFIG_FILE
    assert stranger not in ParameterSource
    assert pickle.loads(pickle.dumps(stranger)) == stranger


class NotGiven:
    """As the OpenAI SDK names its mark."""


class Omit:
    """As both SDKs name their other mark."""


@pytest.mark.parametrize(
    ("value", "absent"),
    [(ABSENT, True), (NotGiven(), True), (Omit(), True), (None, False), (0, False), ("", False), (False, False)],
    ids=lambda value: type(value).__name__,  # no address: every worker must collect the same names
)
def test_absent_null_and_marks_are_told_apart(value: object, absent: bool) -> None:
    assert is_absent(value) is absent


def test_the_sentinel_is_one_and_says_its_name() -> None:
    assert pickle.loads(pickle.dumps(ABSENT)) is ABSENT
    assert repr(ABSENT) == "ABSENT"
    assert not ABSENT


def test_a_parameter_is_frozen_and_has_its_old_name() -> None:
    parameter = Parameter("temperature", 0.2, ParameterSource.CALL)
    assert ParameterProvenance is Parameter
    assert pickle.loads(pickle.dumps(parameter)) == parameter
    with pytest.raises(AttributeError):
        parameter.value = 1  # type: ignore[misc]
