"""Pools of processes: ``python -m tests.deploy.programs.pools METHOD``."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor

from tests.deploy.programs.web import ask

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2, maxtasksperchild=3) as pool:
        said = pool.map(ask, [f"pool{number}" for number in range(8)], chunksize=1)
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        said += executor.map(ask, [f"executor{number}" for number in range(4)])
    print("\n".join([*said, ask("after")]))
