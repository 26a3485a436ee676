"""A running gateway between every SDK and every validating provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from background import BackgroundProvider
from limen.errors import LimenError
from limen.provider_registry import default_registry
from limen.server.surfaces import FIXED, PATTERNS
from sdks.anthropic_messages import AnthropicClient
from sdks.bedrock_runtime import BedrockClient
from sdks.client import Client
from sdks.cohere_chat import CohereClient
from sdks.google_genai import GeminiClient
from sdks.mlflow_deployments import MlflowClient
from sdks.ollama_chat import OllamaClient
from sdks.openai_chat import OpenAIChatClient
from sdks.openai_responses import ResponsesClient
from validating.anthropic_messages import AnthropicMessages
from validating.bedrock import Bedrock
from validating.cohere_chat import CohereChat
from validating.gemini import Gemini
from validating.ollama_chat import OllamaChat
from validating.openai_chat import OpenAIChat
from validating.play import MISSING_MODEL
from validating.provider import Provider, validating
from validating.responses import Responses

# A path of each SDK, and the SDK.
_CLIENTS: Mapping[str, tuple[str, Callable[[str], Client]]] = {
    "openai": ("/v1/chat/completions", OpenAIChatClient),
    "anthropic": ("/v1/messages", AnthropicClient),
    "responses": ("/v1/responses", ResponsesClient),
    "cohere": ("/v2/chat", CohereClient),
    "gemini": ("/v1beta/models/any:generateContent", GeminiClient),
    "bedrock": ("/model/any/converse", BedrockClient),
    "ollama": ("/api/chat", OllamaClient),
    "mlflow": ("/v1/chat/completions", MlflowClient),
}
# A provider's word in the configuration, its model, its block.
_PROVIDERS: Mapping[str, tuple[str, str, str]] = {
    "openai": ("openai", "gpt-5-mini", "openai_api_key: sk-test, openai_api_base: '{url}/openai/v1'"),
    "thoughts": ("openai-compatible", "deepseek-reasoner", "api_base: '{url}/thoughts/v1'"),
    "deepseek": ("deepseek", "deepseek-v4-pro", "api_key: sk-test, api_base: '{url}/deepseek'"),
    "anthropic": (
        "anthropic",
        "claude-sonnet-4-5",
        "anthropic_api_key: sk-test, anthropic_api_base: '{url}/anthropic'",
    ),
    "cohere": ("cohere", "command-a-reasoning-08-2025", "cohere_api_key: sk-test, api_base: '{url}/cohere'"),
    "gemini": ("gemini", "gemini-3-pro-preview", "gemini_api_key: sk-test, api_base: '{url}/gemini/v1beta'"),
    "bedrock": ("bedrock", "us.anthropic.claude-sonnet-4-5-v1:0", "api_key: sk-test, api_base: '{url}/bedrock'"),
    "ollama": ("ollama", "qwen3", "api_base: '{url}/ollama'"),
}


def _is_served(path: str) -> bool:
    return path in FIXED or any(pattern.path.fullmatch(path) for pattern in PATTERNS)


def _is_there(provider: str) -> bool:
    try:
        return default_registry().get(provider) is not None
    except LimenError:
        return False


CLIENTS = {name: make for name, (path, make) in _CLIENTS.items() if _is_served(path)}
PROVIDERS = {name: told for name, told in _PROVIDERS.items() if _is_there(told[0])}
"""Only what this gateway has."""
THINKERS = tuple(name for name in PROVIDERS if name != "openai")
"""Providers that show thoughts when they are asked for."""


def config(url: str) -> str:
    """An endpoint for each provider, and for each one more whose model is missing."""
    lines = []
    for name, (provider, model, block) in PROVIDERS.items():
        told = f"provider: {provider}, config: {{{block.format(url=url)}}}"
        for endpoint, real in ((name, model), (f"{name}-missing", MISSING_MODEL)):
            lines.append(f"  - {{name: {endpoint}, endpoint_type: llm/v1/chat, model: {{name: {real}, {told}}}}}")
    return "endpoints:\n" + "\n".join(lines) + "\n"


def providers() -> dict[str, Provider]:
    """One of each, by what their paths begin with."""
    signed: dict[str, str] = {}
    return {
        "/openai/v1/chat": OpenAIChat(),
        "/openai/v1/responses": Responses(),
        "/thoughts/v1/chat": OpenAIChat("chatcmpl-tool-", thoughts="reasoning_content"),
        "/deepseek/chat": OpenAIChat("call_00_", thoughts="reasoning_content", required=True),
        "/anthropic/": AnthropicMessages(signed),
        "/cohere/": CohereChat(),
        "/gemini/": Gemini(),
        "/bedrock/": Bedrock(signed),
        "/deepseek/responses": Responses("call_dr"),
        "/ollama/v1/responses": Responses("call_or", key=None),
        "/ollama/v1/": OpenAIChat("call_o", thoughts="reasoning"),
        "/ollama/api/": OllamaChat(),
    }


@dataclass(frozen=True)
class Ground:
    """The gateway's address, the providers behind it, and the SDKs that were made so far."""

    url: str
    provider: BackgroundProvider
    made: dict[str, Client] = field(default_factory=dict)

    def client(self, name: str) -> Client:
        """The SDK of this name, made once."""
        if name not in self.made:
            self.made[name] = CLIENTS[name](self.url)
        return self.made[name]

    def play_anew(self) -> None:
        """Providers that issued nothing yet."""
        self.provider.play(validating(providers()))
