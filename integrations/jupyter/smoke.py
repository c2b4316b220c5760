"""A notebook, executed by a real kernel: tables of calls, ``%thence`` and ``%%thence``; hostile text stays text."""

import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parents[1]))

from program import surroundings

from thence.testing import Provider

CELLS = [
    "%load_ext thence",
    "import openai, thence\nclient = thence.wrap(openai.OpenAI())",
    """%%thence --param temperature=0.25 --tag draft
said = [{"role": "user", "content": "<script>alert(1)</script> &"}]
answer = client.chat.completions.create(model="m", top_p=0.5, messages=said)
answer.choices[0].message.content""",
    "%thence log -n 5",
    "%thence blame HEAD",
    "call = thence.last_call()\ncall",
    "call.params",
    "call.base",
    "thence.calls()",
    "thence.open().tract().compile()",
    "%thence show HEAD",
    "%thence show nothing-like-this",
    "%thence query 'temperature > 0.2' --json",
]

with tempfile.TemporaryDirectory() as name, Provider() as provider:
    os.environ.update(surroundings(provider.url, Path(name) / "store.db"))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": name}}).execute()

shown: list[str] = []
for cell in notebook.cells:
    parts = [out.get("text") or out["data"].get("text/html") or out["data"]["text/plain"] for out in cell.outputs]
    shown.append("\n".join(parts))
    print(f"In:  {cell.source}\nOut: {shown[-1][:600]}\n")

session, log, blame, call, params, base, calls, context, show, missing, query = shown[2:]
assert "You said: <script>" in session  # text/plain, which a notebook shows as text
assert "completed" in log
plain = re.sub(r"\x1b\[\d*m", "", blame)
assert re.search(r"temperature\s+0\.25\s+SESSION\s+In\[3\]:1\n", plain), plain  # the cell's own first line
assert re.search(r"top_p\s+0\.5\s+CALL\s+In\[\d+\]:2\n", plain), plain
for table in (call, params, base, calls, context, show):
    assert table.startswith("<table>"), table[:80]
for table in (call, base, context, show):
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in table
    assert "<script" not in table
assert '<td style="text-align: left">SESSION</td>' in params
assert "the newest 1 of 1 calls" in calls
assert "draft" in call
assert "nothing-like-this" in missing
assert '"temperature"' in query
