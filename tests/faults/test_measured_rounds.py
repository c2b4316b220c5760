"""A round that measures time is played again where it was too slow, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.torture import command
from tests.torture.rounds import Rig, Round
from tests.torture.trial import SLOW, Trial


@pytest.mark.parametrize(
    ("found", "played"),
    [
        ([[]], 1),
        ([[f"{SLOW}: 9 ms"], []], 2),
        ([[f"{SLOW}: 9 ms", "stderr: a warning"]] * 3, 3),
        ([["lost: one"]], 1),
        ([[f"{SLOW}: 9 ms", "lost: one"]], 1),
    ],
)
def test_what_is_slow_and_nothing_else(
    found: list[list[str]], played: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = [Round("measure", 1, broken=broken) for broken in found]
    monkeypatch.setattr(Rig, "play", lambda _rig, _trial, _seed: rounds.pop(0))
    trial = Trial("measure", "", "", lambda _place: None)
    result = command._measured(Rig(None, tmp_path, tmp_path, "", short=True), trial, 1)
    assert result.broken == found[-1]
    assert len(found) - len(rounds) == played
