"""What is served without a file."""

from __future__ import annotations

import asyncio

import pytest

from checking import KEY
from limen.config.environment import build_from_environment
from limen.config.snapshot import Snapshot
from limen.errors import ConfigError
from limen.model.http import Timeouts
from limen.model.secret import Secret
from limen.provider_registry import ProviderRegistry, default_registry
from limen.providers.base import BaseProvider, ProviderConfig, ProviderSettings, Transport


def snapshot(registry: ProviderRegistry | None = None, **environ: str) -> Snapshot:
    return build_from_environment(environ=environ, registry=registry or default_registry(), transport=None)


def test_the_demo_is_always_there() -> None:
    """As a chat endpoint of its name, and as an open provider; it paces its answers."""
    found = snapshot()
    assert list(found.endpoints) == ["demo"]
    assert found.endpoints["demo"].endpoint_type == "llm/v1/chat"
    assert list(found.open_providers) == ["demo"]
    assert found.endpoints["demo"].provider.settings.sleep is asyncio.sleep
    assert (found.source, found.warnings, found.routes) == (None, (), {})


def test_every_provider_whose_key_is_set_is_served() -> None:
    """Under its name, with the key of the first of its variables; an empty variable is no key."""
    found = snapshot(OPENAI_API_KEY=KEY, GROQ_API_KEY="gk", MISTRAL_API_KEY="", UNRELATED_API_KEY="x")
    assert sorted(found.open_providers) == ["demo", "groq", "openai"]
    assert found.open_providers["openai"].settings.config.openai_api_key.reveal() == KEY
    assert found.open_providers["openai"].settings.model is None
    assert found.digest != snapshot().digest


def test_every_provider_with_a_variable_can_be_served_so() -> None:
    """The names of variables and fields fit together, for each that needs no more than a key."""
    registry = default_registry()
    for name in registry.names():
        provider = registry.get(name)
        for variable in provider.ENV_KEYS:
            found = snapshot(**{variable: KEY})
            required = {field for field, info in provider.CONFIG_TYPE.model_fields.items() if info.is_required()}
            assert (name in found.open_providers) == (required <= {provider.KEY_FIELD}), name


def test_a_key_that_cannot_be_used_is_told() -> None:
    """The provider is left out with a warning that names the variable, not the key; the others are served."""
    found = snapshot(OPENAI_API_KEY=f"{KEY} ", GROQ_API_KEY="gk")
    assert sorted(found.open_providers) == ["demo", "groq"]
    (warning,) = found.warnings
    assert warning.startswith(
        "OpenAI is not served, though OPENAI_API_KEY is set: `openai_api_key`: the key has a blank"
    )
    assert KEY not in warning


def test_a_plug_in_that_does_not_load_is_told() -> None:
    """It never stops the start."""
    registry = ProviderRegistry()
    registry.register("demo", default_registry().get("demo"))

    def broken() -> BaseProvider:
        raise ImportError("no acme_sdk")

    registry.register("acme", broken)
    found = snapshot(registry)
    assert list(found.endpoints) == ["demo"]
    assert "no acme_sdk" in found.warnings[0]


def test_a_plug_in_that_fails_with_a_key_is_told() -> None:
    """Whatever its constructor raises; the key is not in the warning."""

    class Config(ProviderConfig):
        token: Secret

    class Fragile(BaseProvider):
        NAME, DISPLAY_NAME, CONFIG_TYPE = "fragile", "Fragile", Config
        ENV_KEYS, KEY_FIELD = ("FRAGILE_TOKEN",), "token"

        def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
            raise RuntimeError(f"no good: {settings.config.token.reveal()}")

    registry = ProviderRegistry()
    registry.register("fragile", Fragile)
    (warning,) = snapshot(registry, FRAGILE_TOKEN="t0ken").warnings
    assert warning.startswith("Fragile is not served, though FRAGILE_TOKEN is set: RuntimeError: no good")
    assert "t0ken" not in warning


def test_the_policy_counts_here_too() -> None:
    """Only allowed providers are served; without the demo there is no endpoint of that name."""
    found = snapshot(OPENAI_API_KEY=KEY, GROQ_API_KEY="gk", MLFLOW_GATEWAY_ALLOWED_PROVIDERS="openai")
    assert list(found.open_providers) == ["openai"]
    assert found.endpoints == {}


def test_deadlines_and_proxies_are_those_of_the_environment() -> None:
    """A wrong value of either is a refusal that names the variable."""
    found = snapshot(MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS="5", HTTPS_PROXY="http://proxy:3128")
    assert found.open_providers["demo"].settings.timeouts == Timeouts(first_byte=5, total=5)
    assert found.net.proxies.https.address == "proxy:3128"
    with pytest.raises(ConfigError, match="MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS"):
        snapshot(MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS="soon")
    with pytest.raises(ConfigError, match="HTTPS_PROXY"):
        snapshot(HTTPS_PROXY="socks5://proxy")
