"""The rows, one module a wire shape. A new shape is a module here and a name in :data:`ENDPOINTS`."""

from __future__ import annotations

from thence.providers.endpoint import Endpoint
from thence.providers.shapes.assistants import RUN_READ, RUNS, THREAD_MESSAGES, THREADS
from thence.providers.shapes.bedrock import BEDROCK_COUNT, BEDROCK_EMBED, CONVERSE, INVOKE
from thence.providers.shapes.chat_completions import CHAT_COMPLETIONS
from thence.providers.shapes.cohere import COHERE, COHERE_EMBED, COHERE_V1, RERANK
from thence.providers.shapes.complete import COMPLETE
from thence.providers.shapes.completions import COMPLETIONS
from thence.providers.shapes.count_tokens import COUNT_TOKENS, INPUT_TOKENS
from thence.providers.shapes.embeddings import EMBEDDINGS
from thence.providers.shapes.gemini import GEMINI, GEMINI_COUNT, GEMINI_EMBED
from thence.providers.shapes.media import IMAGES, MODERATIONS, SPEECH, TRANSCRIPTIONS, TRANSLATIONS
from thence.providers.shapes.messages import MESSAGES
from thence.providers.shapes.ollama import OLLAMA_CHAT, OLLAMA_GENERATE
from thence.providers.shapes.responses import RESPONSES, RESPONSES_COMPACT, RESPONSES_READ
from thence.providers.shapes.unknown import UNKNOWN

__all__ = ["ENDPOINTS", "UNKNOWN"]

ENDPOINTS: tuple[Endpoint, ...] = (
    BEDROCK_COUNT,
    BEDROCK_EMBED,
    CHAT_COMPLETIONS,
    COHERE,
    COHERE_EMBED,
    COHERE_V1,
    COMPLETE,
    COMPLETIONS,
    CONVERSE,
    COUNT_TOKENS,
    EMBEDDINGS,
    GEMINI,
    GEMINI_COUNT,
    GEMINI_EMBED,
    IMAGES,
    INPUT_TOKENS,
    INVOKE,
    MESSAGES,
    MODERATIONS,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    RERANK,
    RESPONSES,
    RESPONSES_COMPACT,
    RESPONSES_READ,
    RUNS,
    RUN_READ,
    SPEECH,
    THREADS,
    THREAD_MESSAGES,
    TRANSCRIPTIONS,
    TRANSLATIONS,
)
"""Every row. The order says nothing: the longest route that fits wins."""
