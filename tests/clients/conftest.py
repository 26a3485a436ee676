"""A real `limen start` in front of a scripted provider, for the client libraries that people use.

Both live as long as the module that uses them; the provider's script and what it was asked are fresh for each test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Before anything here imports them: MLflow and LangSmith would otherwise try to report to their makers.
os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "LANGSMITH_TRACING": "false", "LANGCHAIN_TRACING_V2": "false"}

import pytest

from background import BackgroundProvider
from limen.runner import Runner
from openai_provider import openai
from sdks.ground import Ground, config, providers
from validating.provider import validating

CONFIG = """
endpoints:
  - {{name: demo, endpoint_type: llm/v1/chat, model: {{name: demo, provider: demo}}}}
  - {{name: demo-text, endpoint_type: llm/v1/completions, model: {{name: demo, provider: demo}}}}
  - {{name: demo-vectors, endpoint_type: llm/v1/embeddings, model: {{name: demo, provider: demo}}}}
  - {{name: chat, endpoint_type: llm/v1/chat, model: {{name: gpt-test, {openai}}}}}
  - {{name: text, endpoint_type: llm/v1/completions, model: {{name: gpt-text, {openai}}}}}
  - {{name: vectors, endpoint_type: llm/v1/embeddings, model: {{name: gpt-embed, {openai}}}}}
  - {{name: hasty, endpoint_type: llm/v1/chat, model: {{name: gpt-test, {openai}}}, timeouts: {{first_byte: 300ms}}}}
  - name: once-an-hour
    endpoint_type: llm/v1/chat
    model: {{name: demo, provider: demo}}
    limit: {{calls: 1, renewal_period: hour}}
  - name: once-a-second
    endpoint_type: llm/v1/chat
    model: {{name: demo, provider: demo}}
    limit: {{calls: 1, renewal_period: second}}
routes:
  - name: mixed
    task_type: llm/v1/chat
    destinations:
      - {{name: demo, traffic_percentage: 50}}
      - {{name: chat, traffic_percentage: 50}}
providers:
  demo:
  openai: {{openai_api_key: sk-test, openai_api_base: '{url}/v1'}}
server: {{page_size: 2}}
"""


@dataclass(frozen=True)
class Gateway:
    """A gateway that runs. `url` has no slash at its end."""

    url: str
    provider: BackgroundProvider

    @property
    def openai(self) -> str:
        """The base URL for clients of OpenAI's API."""
        return f"{self.url}/v1"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The gateway, in a process of its own, and its provider, in a thread."""
    folder: Path = tmp_path_factory.mktemp("clients")
    with pytest.MonkeyPatch.context() as patch, BackgroundProvider(openai) as provider:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "127.0.0.1")  # the clients would send even this to a developer's proxy
        block = f"provider: openai, config: {{openai_api_key: sk-test, openai_api_base: '{provider.url}/v1'}}"
        file = folder / "gateway.yaml"
        file.write_text(CONFIG.format(openai=block, url=provider.url))
        with Runner(file, port=0) as runner:
            yield Gateway(runner.url, provider)


@pytest.fixture
def gate(running: Gateway) -> Gateway:
    """The module's gateway, with the provider as it was at first."""
    running.provider.play(openai)
    return running


@pytest.fixture(scope="session")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A gateway before a validating provider of each dialect."""
    folder: Path = tmp_path_factory.mktemp("ground")
    with pytest.MonkeyPatch.context() as patch, BackgroundProvider(validating(providers())) as provider:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, "127.0.0.1")
        file = folder / "gateway.yaml"
        file.write_text(config(provider.url))
        with Runner(file, port=0) as runner:
            ground = Ground(runner.url, provider)
            yield ground
            for client in ground.made.values():
                client.close()


@pytest.fixture
def ground(standing: Ground) -> Ground:
    """The same, with providers that issued nothing yet."""
    standing.play_anew()
    return standing
