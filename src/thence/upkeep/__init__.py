"""Upkeep of a store: proof, garbage, erasure, backups, bundles, and files for analytics."""

from __future__ import annotations

from thence.upkeep.findings import Finding
from thence.upkeep.fsck import fsck

__all__ = ["Finding", "fsck"]
