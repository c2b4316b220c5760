"""Records the calls that go through LiteLLM.

In a program::

    litellm.callbacks = [thence.litellm.Callback()]

In the configuration of LiteLLM's proxy::

    litellm_settings:
      callbacks: thence.litellm.callback
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from thence.seams.callback import CallbackSeam
from thence.wrapping import recorder_for

__all__ = ["Callback", "callback"]


class Callback(CallbackSeam):
    """A LiteLLM ``CustomLogger`` that records every call that LiteLLM makes, sync, async and streamed.

    Args:
        store: path of a SQLite file or a database URL; by default as configured, else the nearest ``.thence/``.
        tract: the line of context that calls belong to.
        branch: the branch whose head moves with each answer.
        capture: ``full``, ``params`` (no text is written) or ``off``.
        redact: rules that are applied before anything is written, as in :func:`thence.wrap`.
        durability: ``process`` or ``power``.
    """

    def __init__(
        self,
        *,
        store: str | Path | None = None,
        tract: str | None = None,
        branch: str | None = None,
        capture: str | None = None,
        redact: Any = None,
        durability: str | None = None,
    ) -> None:
        super().__init__(
            lambda: recorder_for(
                store=store, tract=tract, branch=branch, capture=capture, redact=redact, durability=durability
            )
        )


callback = Callback()
"""For the proxy's configuration, which names an instance. Reads the settings at its first call."""
