"""OpenAI's Responses API: a conversation that the server remembers, linked by ids instead of repeated messages.
The provider's answer echoes settings that nobody asked for; they are recorded with the source ``PROVIDER``.
Runs on ``thence.testing``'s provider: ``pip install 'thence[openai]'``, then ``python examples/responses_api.py``.
"""

from __future__ import annotations

import openai

import thence
from thence.testing import Provider


def main() -> None:
    """Two turns; the second carries only its own words, and is linked to the first all the same."""
    with Provider() as provider:
        client = thence.wrap(openai.OpenAI(base_url=f"{provider.url}/v1", api_key="none"))
        first = client.responses.create(model="gpt-4o", input="Name a colour.", temperature=0.4)
        second = client.responses.create(model="gpt-4o", input="And a fruit?", previous_response_id=first.id)
        print(f"first:  {first.output_text}\nsecond: {second.output_text}")

    call = thence.call_of(second)
    assert call is not None
    assert call.base is not None
    print(f"\nthe second was asked after {call.base.depth + 1} items, of which it sent one:")
    print(f"  sent: {call.request}")
    echoed = {name: p.value for name, p in call.params.items() if p.source is thence.ParameterSource.PROVIDER}
    print(f"  nobody asked, the answer says: {echoed}")


if __name__ == "__main__":
    main()
