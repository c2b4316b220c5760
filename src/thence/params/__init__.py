"""Parameters and where their values come from: pure, knows no SDK, no store and no wire."""

from thence.params.chain import Filled, Layer, Where, fill
from thence.params.layers import Configured, load, load_layers, load_quietly, plug_in
from thence.params.reconcile import reconcile
from thence.params.resolved import ResolvedConfig
from thence.params.source import (
    ABSENT,
    Candidate,
    Parameter,
    ParameterProvenance,
    ParameterSource,
    is_absent,
)

__all__ = [
    "ABSENT",
    "Candidate",
    "Configured",
    "Filled",
    "Layer",
    "Parameter",
    "ParameterProvenance",
    "ParameterSource",
    "ResolvedConfig",
    "Where",
    "fill",
    "is_absent",
    "load",
    "load_layers",
    "load_quietly",
    "plug_in",
    "reconcile",
]
