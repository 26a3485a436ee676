"""A running gateway between every SDK and every validating provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from background import BackgroundProvider
from limen.errors import LimenError
from limen.provider_registry import default_registry
from limen.server.surfaces import FIXED, PATTERNS
from sdks.anthropic_messages import AnthropicClient
from sdks.client import Client
from sdks.cohere_chat import CohereClient
from sdks.mlflow_deployments import MlflowClient
from sdks.ollama_chat import OllamaClient
from sdks.openai_chat import OpenAIChatClient
from validating.anthropic_messages import AnthropicMessages
from validating.cohere_chat import CohereChat
from validating.ollama_chat import OllamaChat
from validating.openai_chat import OpenAIChat
from validating.play import MISSING_MODEL
from validating.provider import Provider, validating

# A path of each SDK, and the SDK.
_CLIENTS: Mapping[str, tuple[str, Callable[[str], Client]]] = {
    "openai": ("/v1/chat/completions", OpenAIChatClient),
    "anthropic": ("/v1/messages", AnthropicClient),
    "cohere": ("/v2/chat", CohereClient),
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
    return {
        "/openai/v1/chat": OpenAIChat(),
        "/thoughts/v1/chat": OpenAIChat(thoughts="reasoning_content"),
        "/deepseek/chat": OpenAIChat(thoughts="reasoning_content", required=True),
        "/anthropic/": AnthropicMessages(),
        "/cohere/": CohereChat(),
        "/ollama/v1/": OpenAIChat(thoughts="reasoning"),
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
