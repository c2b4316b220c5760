"""Make the calls in this environment and write what its tool recorded: ``python -m fidelity.run TOOL WITNESS OUT IDS``.

``WITNESS`` is the address of the provider on loopback, ``OUT`` a JSON file, ``IDS`` the calls, by comma.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from fidelity.calls import CALLS, PRESETS
from fidelity.collector import Collector, stay_here
from fidelity.tools import TOOLS, Tool

PATIENCE = 10.0  # seconds until a call counts as not recorded
PATIENCE_LITELLM = 60.0  # it imports every integration that it has at its first event


def version(package: str) -> str | None:
    """The version installed here."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def made(tool: Tool, form: Any, witness: str, collector: Collector) -> dict[str, Any]:
    """One call, and what the tool recorded of it."""
    failed = None
    try:
        form.make(tool, f"{witness}/{form.id}")
    except Exception:
        failed = traceback.format_exc(limit=-4)
    tool.flush()
    documents = tool.recorded(form.parameter)
    if documents is None:
        documents = collector.take(PATIENCE_LITELLM if form.litellm else PATIENCE)
    return {"failed": failed, "documents": documents}


def main() -> None:
    """All the calls."""
    name, witness, out, ids = sys.argv[1:]
    stay_here()
    collector = Collector()
    tool = TOOLS[name]()
    os.environ.update({key: value.format(collector=collector.url) for key, value in tool.environ.items()})
    PRESETS.write_text(json.dumps({"frugal": {"temperature": 0.3}}))
    tool.start(collector.url)
    collector.take(0)  # what it says of itself at its start
    calls = {form.id: made(tool, form, witness, collector) for form in CALLS if form.id in ids.split(",")}
    packages = (tool.package, "openai", "anthropic", "litellm")
    told = {"versions": {package: version(package) for package in packages}, "calls": calls}
    Path(out).write_text(json.dumps(told, default=repr))
    os._exit(0)  # not to wait for what a tool still wants to say


if __name__ == "__main__":
    main()
