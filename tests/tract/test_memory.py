"""The answer from memory is the answer without: any operations, in any order, against a model in plain Python."""

from __future__ import annotations

import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from thence.tract import Tract

TEXTS = st.sampled_from(["a", "b", "c", "d" * 3000])
CONFIGS = st.none() | st.sampled_from(
    [{}, {"temperature": 0.2}, {"temperature": 0.9, "model": "m"}, {"tools": ["t" * 1500], "user": "u"}]
)


class Node(NamedTuple):
    """A commit, as the model has it."""

    parent: str | None
    text: str
    edits: str | None


class Model:
    """What a tract is, without a store."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self.configs: dict[str, dict[str, Any] | None] = {}
        self.branches: dict[str, str | None] = {"main": None}
        self.skipped: dict[str, bool] = {}

    def line(self, tip: str | None) -> list[str]:
        """A commit and those before it, oldest first."""
        names = []
        while tip is not None:
            names.append(tip)
            tip = self.nodes[tip].parent
        return names[::-1]

    def compiled(self, tip: str | None) -> tuple[list[str], list[dict[str, Any]]]:
        """The texts and the configurations in force."""
        shown: dict[str, tuple[str, dict[str, Any] | None]] = {}
        for name in self.line(tip):
            node = self.nodes[name]
            if node.edits is None:
                shown[name] = (node.text, self.configs[name])
            else:
                mine = self.configs[name]
                shown[node.edits] = (node.text, shown[node.edits][1] if mine is None else mine)
        kept = [version for name, version in shown.items() if not self.skipped.get(name)]
        return [text for text, _ in kept], [config or {} for _, config in kept]


class Operations(RuleBasedStateMachine):
    """A tract that remembers, one beside it that does not, and the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model = Model()
        self.numbers = count()

    @initialize()
    def open(self) -> None:
        self.tract = Tract.open(self.folder / "store.db")
        self.other = Tract(self.tract.store)

    @override
    def teardown(self) -> None:
        if hasattr(self, "tract"):
            self.tract.close()
        shutil.rmtree(self.folder)

    @property
    def tip(self) -> str | None:
        return self.model.branches[self.tract.current_branch]

    @property
    def line(self) -> list[str]:
        return self.model.line(self.tip)

    def _committed(self, name: str, text: str, edits: str | None, config: dict[str, Any] | None) -> None:
        model = self.model
        known = model.nodes.setdefault(name, Node(self.tip, text, edits))
        assert known == Node(self.tip, text, edits)
        if config is not None or name not in model.configs:
            model.configs[name] = config
        model.branches[self.tract.current_branch] = name

    @rule(text=TEXTS, config=CONFIGS)
    def commit(self, text: str, config: dict[str, Any] | None) -> None:
        found = self.tract.commit(text, generation_config=config)
        self._committed(found.hash, text, None, config)

    @rule(texts=st.lists(TEXTS, min_size=1, max_size=4), fails=st.booleans())
    def batch(self, texts: list[str], fails: bool) -> None:
        if fails:
            with pytest.raises(KeyError), self.tract.batch():
                self._several(texts)
                raise KeyError
            return
        with self.tract.batch():
            names = self._several(texts)
        for name, text in zip(names, texts, strict=True):
            self._committed(name, text, None, None)

    def _several(self, texts: list[str]) -> list[str]:
        names = [self.tract.commit(text).hash for text in texts]
        assert self.tract.compile().commit is not None
        return names

    @precondition(lambda self: self.tip)
    @rule(text=TEXTS, config=CONFIGS, where=st.integers(0, 10))
    def edit(self, text: str, config: dict[str, Any] | None, where: int) -> None:
        target = self.line[where % len(self.line)]
        item = self.model.nodes[target].edits or target
        found = self.tract.edit(target, text, generation_config=config)
        inherited = self.model.configs[target] if config is None else config
        self._committed(found.hash, text, item, inherited)

    @precondition(lambda self: self.tip)
    @rule(where=st.integers(0, 10), skip=st.booleans(), elsewhere=st.booleans())
    def annotate(self, where: int, skip: bool, elsewhere: bool) -> None:
        name = self.line[where % len(self.line)]
        (self.other if elsewhere else self.tract).annotate(name, "skip" if skip else "normal")
        self.model.skipped[self.model.nodes[name].edits or name] = skip

    @precondition(lambda self: self.tip)
    @rule(config=CONFIGS, tokens=st.integers(1, 1000))
    def record_usage(self, config: dict[str, Any] | None, tokens: int) -> None:
        found = self.tract.record_usage({"prompt_tokens": tokens}, generation_config=config)
        assert found.hash == self.tip
        if config is not None:
            self.model.configs[found.hash] = config

    @precondition(lambda self: self.tip)
    @rule(where=st.integers(0, 10))
    def reset(self, where: int) -> None:
        name = self.line[where % len(self.line)]
        self.tract.reset(name)
        self.model.branches[self.tract.current_branch] = name

    @rule()
    def branch(self) -> None:
        name = f"branch-{next(self.numbers)}"
        self.model.branches[name] = self.tip
        self.tract.branch(name, switch=True)

    @rule(which=st.integers(0, 10))
    def switch(self, which: int) -> None:
        names = [name for name in self.tract.branches() if name in self.model.branches]
        if names:
            self.tract.switch(names[which % len(names)])

    @precondition(lambda self: self.tip)
    @rule(where=st.integers(0, 10))
    def compile_before(self, where: int) -> None:
        name = self.line[where % len(self.line)]
        assert self.tract.compile(name) == Tract(self.tract.store).compile(name)

    @invariant()
    def memory_is_right(self) -> None:
        if not hasattr(self, "tract"):
            return
        branch = self.tract.current_branch
        warm = self.tract.compile()
        cold = Tract(self.tract.store, branch=branch).compile()
        assert warm == cold
        texts, configs = self.model.compiled(self.tip)
        assert [message["content"] for message in warm.messages] == texts
        assert warm.generation_configs == configs
        assert warm.commit_count == len(texts)
        assert [info.hash for info in self.tract.log()] == self.line[::-1]


Operations.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
TestOperations = Operations.TestCase
