"""Tasks that ask a model, for celery: a broker in a folder, and results in another."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery

folder = Path(os.environ["CELERY_FOLDER"])
for name in ("queue", "results", "control"):
    (folder / name).mkdir(exist_ok=True)
app = Celery("tasks", broker="filesystem://", backend=f"file://{folder / 'results'}")
app.conf.broker_transport_options = {
    "data_folder_in": str(folder / "queue"),
    "data_folder_out": str(folder / "queue"),
    "control_folder": str(folder / "control"),
}
app.conf.broker_connection_retry_on_startup = True


@app.task  # type: ignore[untyped-decorator]
def ask(word: str) -> str:
    """Ask the model, and say which process did."""
    from tests.deploy.programs import web

    return web.ask(word)


if "WARM" in os.environ:
    from tests.deploy.programs import web  # noqa: F401 - it asks in the main process, before there are children
