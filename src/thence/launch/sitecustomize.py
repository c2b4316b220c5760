"""Found by the interpreter that ``thence run`` starts, before the program: wraps the clients that it will make.

The folder of this file is first on the path for that one purpose. It takes itself off again, and gives way to the
environment's own ``sitecustomize``, if it has one. Whatever goes wrong here, the program starts.
"""

import importlib.machinery
import importlib.util
import os
import sys

_here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - nothing heavier this early
sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _here]  # noqa: PTH100

_own = importlib.machinery.PathFinder.find_spec("sitecustomize", sys.path)
if _own is not None and _own.loader is not None and _own.origin != __file__:
    _module = importlib.util.module_from_spec(_own)
    sys.modules["sitecustomize"] = _module
    _own.loader.exec_module(_module)

try:
    import thence
except ImportError:
    sys.stderr.write("thence: not installed for this interpreter; calls are not recorded\n")
else:
    try:
        thence.install()
    except thence.errors.ThenceError as error:
        sys.stderr.write(f"thence: {error}; calls are not recorded\n")
