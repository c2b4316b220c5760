"""``python -m tests.torture``: break what can break, and look what is left. ``make torture`` runs all of it.

    python -m tests.torture                              the full form: within the hour
    python -m tests.torture --short                      a little of everything: in continuous integration
    python -m tests.torture --fault kill-anywhere        all rounds of one fault
    python -m tests.torture --fault kill-anywhere --seed 17    one round, again
    python -m tests.torture --list                       what there is

Exits 1 where a promise did not hold. Writes ``reliability.json``.
"""

from __future__ import annotations

import sys

from tests.torture.command import main

if __name__ == "__main__":
    sys.exit(main())
