"""Redaction: what must not be in the record is replaced before anything is written; the provider gets all of it.
Keys and tokens are always found; ``redact=`` adds people, words and expressions of your own.
Runs on ``thence.testing``'s provider: ``pip install 'thence[openai]'``, then ``python examples/redaction.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import openai

import thence
from thence.testing import Provider

TEXT = "Write to ada@example.com about Project Nightjar; my badge is EMP-10815 and my key sk-proj-" + "a1B2" * 12
SECRETS = (b"ada@example.com", b"Nightjar", b"EMP-10815", b"a1B2a1B2")


def main() -> None:
    """What the provider was sent, what the record says, and that no file holds a word of the difference."""
    rules = ["email", "Project Nightjar", re.compile(r"\bEMP-\d{5}\b")]
    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none"), redact=rules)
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": TEXT}])
        print(f"sent:     {provider.seen[0].json['messages'][0]['content']}")
    call = thence.last_call()
    assert call is not None
    print(f"recorded: {call.request['messages'][0]['content']}")
    files = [file for file in Path(".thence").rglob("*") if file.is_file()]
    found = [secret for secret in SECRETS for file in files if secret in file.read_bytes()]
    print(f"found in {len(files)} files of the record: {found or 'none of it'}")


if __name__ == "__main__":
    main()
