"""What the rounds of one fault or load came to, and the line that is printed of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.torture.checker import KINDS
from tests.torture.rounds import Round
from tests.torture.trial import Trial

__all__ = ["Tally"]

_FIRST = KINDS[:4]  # the columns of their own


@dataclass
class Tally:
    """The sum of a trial's rounds; prints itself when the last one is in."""

    trial: Trial
    wanted: int
    played: int = 0
    shown: bool = False
    told: int = 0
    kills: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)
    figures: dict[str, list[float]] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)
    broken: list[Round] = field(default_factory=list)

    def add(self, result: Round) -> None:
        """Take in one round."""
        self.played += 1
        self.told += result.told
        self.kills += result.kills
        self.seconds += result.seconds
        self.cpu += result.cpu
        self.kinds.update(said.partition(":")[0] for said in result.broken if not said.startswith("stderr"))
        for name, value in result.figures.items():
            self.figures.setdefault(name, []).append(value)
        if result.skipped:
            self.skipped[result.skipped] += 1
        if result.broken:
            self.broken.append(result)
        if self.played == self.wanted:
            self.show()

    def show(self) -> None:
        """Print the line of the table, once."""
        if not self.shown:
            self.shown = True
            print(self.line(), flush=True)

    def line(self) -> str:
        """One line of the table."""
        others = sum(count for kind, count in self.kinds.items() if kind not in _FIRST)
        counts = " ".join(f"{kind} {self.kinds[kind]}" for kind in _FIRST)
        measured = "  ".join(f"{name} {value:.4g}" for name, value in self.worst().items())
        verdict = "skipped" if self.skipped and not self.told else "FAILED" if self.broken else "ok"
        line = f"{self.trial.name:22} {self.played:5} rounds {self.told:7} calls  {counts} other {others}  "
        return f"{line}{self.seconds:6.0f} s  {self.cpu:5.0f} s cpu  {verdict}  {measured}{'; '.join(self.skipped)}"

    def worst(self) -> dict[str, float]:
        """The greatest value of each figure."""
        return {name: max(values) for name, values in self.figures.items()}

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "name": self.trial.name,
            "done": self.trial.done,
            "holds": self.trial.holds,
            "rounds": self.played,
            "calls": self.told,
            "kills": self.kills,
            "seconds": round(self.seconds, 1),
            "cpu_seconds": round(self.cpu, 1),
            "found": {kind: self.kinds[kind] for kind in KINDS}
            | {kind: count for kind, count in self.kinds.items() if kind not in KINDS},
            "figures": {name: round(value, 6) for name, value in self.worst().items()},
            "skipped": list(self.skipped),
            "failed": [{"seed": each.seed, "broken": each.broken[:6]} for each in self.broken[:10]],
        }
