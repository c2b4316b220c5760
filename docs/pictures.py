"""Makes the pictures of the viewer in ``docs/img/``: a small history of real calls, ``thence ui``, and a browser.

    python docs/pictures.py [--browser /usr/bin/chromium]

``docs/assistant.py`` makes the calls, through the real SDKs, to a provider on loopback that answers from a table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, sync_playwright

from thence.testing import Answer, Provider
from thence.testing.provider import Seen

DOCS = Path(__file__).parent
MOST_BYTES = 200_000
ANSWERS = {
    "Which order is late?": "Order 4471 is late: it should have left Rotterdam on 3 November.",
    "Write to the customer.": "Dear Ms Aydin, order 4471 is delayed. It leaves Rotterdam on 7 November, 4 days late.",
    "Shorter, please.": "Dear Ms Aydin, order 4471 leaves Rotterdam on 7 November, four days late.",
    "Shorter, please. 1.1": "Hello Ms Aydin, good things take time: order 4471 leaves Rotterdam on 7 November. Sorry!",
    "Shorter, please. claude": "Dear Ms Aydin, order 4471 now leaves Rotterdam on 7 November. Apologies for the wait.",
    "Classify: 'Where is my parcel?'": "delivery",
    "Classify: 'I was charged twice.'": "billing",
    "A subject line, please. 0.0": "Your order is delayed",
    "A subject line, please. 0.4": "Your order 4471 is delayed",
    "A subject line, please. 0.8": "About your order 4471: a short delay, and a new date",
    "A subject line, please. 1.2": "A little patience, please: your order 4471 leaves on 7 November, not on the 3rd",
    "A subject line, please. 1.6": "Ahoy from Rotterdam! Four more days at the quay, then order 4471 sets sail",
    "Is it friendly?": "Yes: it says sorry, and it says when.",
}


class Picture(NamedTuple):
    """One page, as it is shot."""

    name: str
    path: str
    theme: str = "light"
    width: int = 1180
    height: int = 760


PICTURES = (
    Picture("viewer-log", "/log", height=700),
    Picture("viewer-log-dark", "/log", "dark", 390, 760),
    Picture("viewer-query", "/log?q=temperature+%3E+0.8+adn+model+%3D+gpt-4o", height=300),
    Picture("viewer-call", "/call?rev=warm~2"),
    Picture("viewer-diff", "/diff?a=main&b=warm~2", "dark"),
    Picture("viewer-compile", "/compile?rev=claude&to=responses", height=620),
    Picture("viewer-sources", "/sources", height=620),
    Picture("viewer-sweep", "/sweep?rev=subjects&x=temperature&y=output_tokens", height=560),
    Picture("viewer-status", "/status", height=480),
)


def answer(seen: Seen) -> Any:
    """The provider's answer, from the table; one request is too much for it."""
    asked = seen.json
    messages = asked["messages"]
    if asked.get("max_tokens") == 64:
        error = {"message": "Rate limit reached for gpt-4o", "type": "requests", "code": "rate_limit_exceeded"}
        return Answer({"error": error}, status=429)
    anthropic = "/v1/messages" in seen.path
    question = messages[-1]["content"]
    how = " claude" if anthropic else f" {asked.get('temperature')}"
    text = ANSWERS.get(f"{question}{how}") or ANSWERS[question]
    if asked.get("top_p") == 1.0 and question.startswith("A subject"):
        text += ", as soon as it can"
    read = sum(len(each["content"]) for each in messages) // 4
    written = -(-len(text) // 4)
    if anthropic:
        return {
            "id": f"msg_{read}",
            "type": "message",
            "role": "assistant",
            "model": f"{asked['model']}-20251101",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "usage": {"input_tokens": read, "output_tokens": written, "cache_read_input_tokens": 12},
        }
    return {
        "id": f"chatcmpl-{read}-{written}",
        "object": "chat.completion",
        "created": 1_762_000_000,
        "model": f"{asked['model']}-2024-08-06",
        "service_tier": "default",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
    }


def record(folder: Path) -> None:
    """A history in ``folder``."""
    shutil.copy(DOCS / "assistant.py", folder)
    with Provider(answer) as provider:
        subprocess.run([sys.executable, "assistant.py", provider.url], cwd=folder, check=True)


def shoot(browser: Browser, address: str, picture: Picture) -> None:
    """One picture.

    Raises:
        SystemExit: it is too large for a page of documentation.
    """
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height}, color_scheme=picture.theme, device_scale_factor=1
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_url("**/log*")
    page.goto(address.partition("/#")[0] + picture.path)
    file = DOCS / "img" / f"{picture.name}.png"
    page.screenshot(path=file)
    context.close()
    if file.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{file} has {file.stat().st_size:,} bytes")
    print(f"{file.name:<24}{file.stat().st_size:>9,} bytes")


def main() -> None:
    """Record, serve, shoot."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--browser", default="/usr/bin/chromium")
    options.add_argument("--history", type=Path, help="only record the history, in this folder")
    given = options.parse_args()
    if given.history:
        given.history.mkdir(parents=True, exist_ok=True)
        record(given.history)
        return
    (DOCS / "img").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        record(Path(folder))
        command = [sys.executable, "-m", "thence.cli", "ui", "--port", "0", "--no-open"]
        surroundings = {**os.environ, "TZ": "UTC"}
        server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True, env=surroundings)
        try:
            assert server.stdout
            address = server.stdout.readline().strip()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=given.browser, args=["--no-sandbox"])
                for picture in PICTURES:
                    shoot(browser, address, picture)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


if __name__ == "__main__":
    main()
