"""Which tests of which SDK are run, and with what.

The source distributions on the package index ship the SDKs' own tests. Newest of each generation: the suites of a
generation share one environment. *core* is what a wrapper of calls can bear on; *full* is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SUITES", "Suite"]


@dataclass(frozen=True)
class Suite:
    """The tests of one SDK release.

    Attributes:
        name: how it is asked for.
        package, version: the source distribution.
        environment: the name of the requirements file, and of the environment that is made of it.
        plugins: pytest plugins that the suite needs, beside those that all need.
        core: the paths of the core part.
    """

    name: str
    package: str
    version: str
    environment: str
    plugins: tuple[str, ...]
    core: tuple[str, ...]


_CLIENT = ("test_client.py", "test_legacy_response.py", "test_response.py", "test_streaming.py")
_OPENAI = (
    *_CLIENT,
    "test_module_client.py",
    *(f"lib/{name}" for name in ("chat", "responses", "test_assistants.py", "test_audio.py", "test_azure.py")),
    *(f"lib/{name}" for name in ("test_old_api.py", "test_pydantic.py", "test_azure_redirects.py")),
    "test_retry_after_overflow.py",
    *(f"test_x509_workload_identity{name}.py" for name in ("", "_transport")),
    *(f"api_resources/{name}" for name in ("chat", "responses", "audio", "beta/threads")),
    *(
        f"api_resources/test_{name}.py"
        for name in (
            "responses",
            "completions",
            "embeddings",
            "moderations",
            "models",
            "images",
            "batches",
            "files",
        )
    ),
)
_ANTHROPIC = (
    *_CLIENT,
    "test_middleware.py",
    "test_exceptions.py",
    "test_open_telemetry.py",
    *(f"lib/{name}" for name in ("_parse", "streaming", "test_scoped_client.py", "test_client_copy.py")),
    *(f"lib/tools/test_{name}.py" for name in ("runners", "runner_eager_tools", "functions")),
    *(f"lib/test_{name}.py" for name in ("refusal_fallback", "refusal_fallback_streaming", "stainless_helpers")),
    *(f"api_resources/{name}" for name in ("messages", "beta/messages", "beta/test_messages.py")),
    *(f"api_resources/test_{name}.py" for name in ("messages", "models", "completions", "files")),
    "api_resources/beta/test_models.py",
)
_SNAPSHOTS = "inline_snapshot.pytest_plugin"
_RECORDED = ("respx.plugin", _SNAPSHOTS, "http_snapshot._pytest_plugin", "time_machine")

SUITES = {
    suite.name: suite
    for suite in (
        Suite("openai2", "openai", "2.54.0", "httpx", ("respx.plugin", _SNAPSHOTS), _OPENAI),
        Suite("openai3", "openai", "3.54.0", "httpx2", (_SNAPSHOTS,), _OPENAI),
        Suite("anthropic0", "anthropic", "0.121.0", "httpx", _RECORDED, _ANTHROPIC),
        Suite("anthropic2", "anthropic", "2.12.0", "httpx2", ("tests._alias_httpx", *_RECORDED), _ANTHROPIC),
    )
}
