"""The gateway to test: the real application under the real server, on a free port of this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import uvicorn

from limen.app import GatewayAPI
from limen.config.load import build
from limen.credentials.store import CredentialStore
from limen.net.client import Client
from limen.provider_registry import default_registry
from limen.server.protocol import GatewayProtocol


@dataclass
class Gateway:
    """A running gateway."""

    app: GatewayAPI
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextlib.asynccontextmanager
async def gateway(
    config: str, environ: Mapping[str, str] | None = None, protocol: type | str = GatewayProtocol
) -> AsyncIterator[Gateway]:
    """Serve `config` (YAML text)."""
    client = Client()
    credentials = CredentialStore(client)
    snapshot = build(
        config,
        source="test.yaml",
        environ=environ or {},
        registry=default_registry(),
        transport=client,
        credentials=credentials,
    )
    app = GatewayAPI(snapshot, client=client)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, http=protocol, ws="none", lifespan="on", access_log=False, log_config=None)
    )
    task = asyncio.ensure_future(server._serve([listener]))
    try:
        while not server.started:
            await asyncio.sleep(0.005)
        yield Gateway(app, listener.getsockname()[1])
    finally:
        server.should_exit = server.force_exit = True
        await task
        await credentials.aclose()
        await client.aclose()


def openai_config(upstream_url: str, extra: str = "") -> str:
    """One endpoint of each type in front of an OpenAI-shaped provider."""
    provider = f"provider: openai, config: {{openai_api_key: sk-test, openai_api_base: '{upstream_url}/v1'}}"
    return f"""
endpoints:
  - {{name: chat, endpoint_type: llm/v1/chat, model: {{name: gpt-test, {provider}}}}}
  - {{name: text, endpoint_type: llm/v1/completions, model: {{name: gpt-text, {provider}}}}}
  - {{name: vectors, endpoint_type: llm/v1/embeddings, model: {{name: gpt-embed, {provider}}}}}
{extra}"""
