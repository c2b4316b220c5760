"""Upkeep of a store: proof, garbage, erasure, backups, bundles, files for analytics, spans for tracing."""

from __future__ import annotations

from thence.upkeep.backup import backup
from thence.upkeep.bundle import export_bundle, import_bundle
from thence.upkeep.erase import Erased, erase, erase_steps, resume
from thence.upkeep.findings import Finding
from thence.upkeep.fsck import fsck
from thence.upkeep.gc import Collected, gc
from thence.upkeep.otlp import export_otlp
from thence.upkeep.parquet import Progress, export_parquet
from thence.upkeep.pull import Pulled, pull
from thence.upkeep.segment import import_segment, is_segment

__all__ = [
    "Collected",
    "Erased",
    "Finding",
    "Progress",
    "Pulled",
    "backup",
    "erase",
    "erase_steps",
    "export_bundle",
    "export_otlp",
    "export_parquet",
    "fsck",
    "gc",
    "import_bundle",
    "import_segment",
    "is_segment",
    "pull",
    "resume",
]
