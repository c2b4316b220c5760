"""What may be written: secrets are replaced before anything reaches a journal, a store or a log.

Known values (:mod:`~thence.redact.known`), tokens of known kinds (:mod:`~thence.redact.kinds`) and the user's rules
(:mod:`~thence.redact.rules`), applied by one :class:`Redactor`. Pure: bytes and text in, bytes and text out.
"""

from __future__ import annotations

from thence.redact.kinds import KINDS
from thence.redact.known import KNOWN, Known, secrets_in
from thence.redact.redactor import Redactor, redact_value
from thence.redact.rules import READY, Rule, Rules

__all__ = ["KINDS", "KNOWN", "READY", "Known", "Redactor", "Rule", "Rules", "redact_value", "secrets_in"]
