"""The surfaces: which path speaks which dialect, for which operation.

A path either is fixed, with the model in the body, or has the model in it. What is listed here is how each SDK writes it; how
people misspell base URLs, and MLflow's own prefixes, are the business of `limen.server.doors`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from limen.dialects.anthropic.count_tokens import AnthropicTokenCount
from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.base import AnyDialect
from limen.dialects.bedrock.converse import BedrockConverse
from limen.dialects.bedrock.count_tokens import BedrockTokenCount
from limen.dialects.cohere.chat import CohereChat
from limen.dialects.cohere.embeddings import CohereEmbeddings
from limen.dialects.cohere.rerank import CohereRerank
from limen.dialects.gemini.array import GeminiArray
from limen.dialects.gemini.chat import GeminiChat
from limen.dialects.gemini.count_tokens import GeminiCountTokens
from limen.dialects.gemini.embeddings import GeminiEmbedContent, GeminiEmbeddings
from limen.dialects.jina.rerank import JinaRerank
from limen.dialects.mlflow.invocations import MlflowChat, MlflowCompletions, MlflowEmbeddings
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.ollama.embed import OllamaEmbed, OllamaEmbeddings
from limen.dialects.ollama.generate import OllamaGenerate
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.completions import OpenAICompletions
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.dialects.responses.responses import OpenAIResponses
from limen.model.operation import Operation

OPENAI: dict[Operation, AnyDialect] = {
    Operation.CHAT: OpenAIChat(),
    Operation.COMPLETIONS: OpenAICompletions(),
    Operation.EMBEDDINGS: OpenAIEmbeddings(),
}
ANTHROPIC = AnthropicMessages()
RESPONSES = OpenAIResponses()
COHERE = CohereChat()
OLLAMA = OllamaChat()
GEMINI = GeminiChat()
BEDROCK = BedrockConverse()
MLFLOW: dict[Operation, AnyDialect] = {
    Operation.CHAT: MlflowChat(),
    Operation.COMPLETIONS: MlflowCompletions(),
    Operation.EMBEDDINGS: MlflowEmbeddings(),
    Operation.RERANK: JinaRerank(),
}


class Surface(NamedTuple):
    """What a path speaks. `stream` is whether it streams, None where the body says.

    `otherwise` is a piece of the query, and what the path speaks without it.
    """

    dialect: AnyDialect
    stream: bool | None = None
    otherwise: tuple[bytes, AnyDialect] | None = None


class Pattern(NamedTuple):
    """Paths with the model in them: groups `name` and `action` of `path`; `actions` tell what each action is."""

    path: re.Pattern[str]
    actions: Mapping[str, Surface]
    example: str


FIXED: dict[str, Surface] = {
    "/v1/chat/completions": Surface(OPENAI[Operation.CHAT]),
    "/v1/completions": Surface(OPENAI[Operation.COMPLETIONS]),
    "/v1/embeddings": Surface(OPENAI[Operation.EMBEDDINGS]),
    "/v1/responses": Surface(RESPONSES),
    "/openai/v1/responses": Surface(RESPONSES),
    "/v1/messages": Surface(ANTHROPIC),
    "/v1/messages/count_tokens": Surface(AnthropicTokenCount()),
    "/v1/rerank": Surface(JinaRerank()),
    "/v2/rerank": Surface(CohereRerank()),
    "/v2/chat": Surface(COHERE),
    "/v2/embed": Surface(CohereEmbeddings()),
    "/api/chat": Surface(OLLAMA),
    "/api/generate": Surface(OllamaGenerate()),
    "/api/embed": Surface(OllamaEmbed()),
    "/api/embeddings": Surface(OllamaEmbeddings()),
}
PATTERNS = (
    Pattern(
        re.compile(r"/openai/deployments/(?P<name>.+?)/(?P<action>chat/completions|completions|embeddings)"),
        {
            "chat/completions": Surface(OPENAI[Operation.CHAT]),
            "completions": Surface(OPENAI[Operation.COMPLETIONS]),
            "embeddings": Surface(OPENAI[Operation.EMBEDDINGS]),
        },
        "/openai/deployments/{model}/chat/completions",
    ),
    Pattern(
        re.compile(
            r"/v1(?:beta|alpha|beta1)?/(?:projects/[^/]+/locations/[^/]+/)?(?:publishers/[^/]+/)?models/(?P<name>.+):(?P<action>\w+)"
        ),
        {
            "generateContent": Surface(GEMINI, stream=False),
            "streamGenerateContent": Surface(GEMINI, stream=True, otherwise=(b"alt=sse", GeminiArray())),
            "countTokens": Surface(GeminiCountTokens()),
            "embedContent": Surface(GeminiEmbedContent()),
            "batchEmbedContents": Surface(GeminiEmbeddings()),
        },
        "/v1beta/models/{model}:generateContent",
    ),
    Pattern(
        re.compile(r"/model/(?P<name>.+)/(?P<action>converse|converse-stream|count-tokens)"),
        {
            "converse": Surface(BEDROCK, stream=False),
            "converse-stream": Surface(BEDROCK, stream=True),
            "count-tokens": Surface(BedrockTokenCount()),
        },
        "/model/{model}/converse",
    ),
)

# The longest that fits comes first.
_NEAR: tuple[tuple[str, AnyDialect], ...] = (
    ("/v1/messages", ANTHROPIC),
    ("/v1/", OPENAI[Operation.CHAT]),
    ("/openai/", OPENAI[Operation.CHAT]),
    ("/v1beta", GEMINI),
    ("/v1alpha", GEMINI),
    ("/model/", BEDROCK),
    ("/v2/", COHERE),
    ("/api/chat", OLLAMA),
    ("/api/generate", OLLAMA),
    ("/api/embed", OLLAMA),
    ("/api/tags", OLLAMA),
)


def errors_at(path: str) -> AnyDialect | None:
    """The dialect whose clients ask for paths like this one: errors there are in its shape. None where no dialect's do."""
    return next((dialect for prefix, dialect in _NEAR if path.startswith(prefix)), None)
