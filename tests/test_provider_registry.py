"""From names to provider classes, built in and plugged in."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from limen.config.load import check
from limen.errors import ConfigError, NotFound
from limen.provider_registry import BUILT_IN, RETIRED, ProviderRegistry, default_registry, normalise
from limen.providers.azure import AzureProvider
from limen.providers.base import BaseProvider
from limen.providers.openai import OpenAIProvider


class Mine(BaseProvider):
    DISPLAY_NAME = "Mine"


class Distribution:
    """What an entry point tells of the package it came from."""

    def __init__(self, name: str) -> None:
        self.name = name


def point(name: str, value: str, origin: str = "plug") -> EntryPoint:
    made = EntryPoint(name, value, "limen.providers")
    return made._for(Distribution(origin))  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def plug() -> Iterator[types.ModuleType]:
    """An importable module to hang plug-ins on."""
    module: Any = types.ModuleType("plugged_in")
    module.Mine = Mine
    module.Nameless = type("Nameless", (BaseProvider,), {})
    module.Unconfigured = type("Unconfigured", (BaseProvider,), {"DISPLAY_NAME": "U", "CONFIG_TYPE": dict})
    module.not_a_class = 3
    sys.modules["plugged_in"] = module
    yield module
    del sys.modules["plugged_in"]


def test_the_built_in_providers_come_by_the_same_door() -> None:
    """Everything that the distribution declares is there, works, and says where it is from."""
    registry = default_registry()
    registry.load_all()
    assert {"openai", "azure", "demo", "mlflow-model-serving", "groq", "ollama", "llama-cpp"} <= set(registry.names())
    assert {registry.origin(name) for name in registry.names()} == {BUILT_IN}
    assert registry.get("openai") is OpenAIProvider
    assert registry.get("azure") is AzureProvider
    assert not registry.failures
    assert default_registry() is registry


@pytest.mark.parametrize(
    "name", ["mlflow-model-serving", "mlflow_model_serving", "MLFLOW_MODEL_SERVING", " MLflow-Model_Serving "]
)
def test_spellings(name: str) -> None:
    """Case, hyphens and underscores make no difference, as in MLflow."""
    assert normalise(name) == "mlflow-model-serving"
    assert name in default_registry()
    assert default_registry().get(name).NAME == "mlflow-model-serving"


def test_an_unknown_name_is_told_its_neighbours() -> None:
    """A typing mistake is answered with what was meant."""
    with pytest.raises(NotFound, match="there is no provider 'opnai'; did you mean 'openai'"):
        default_registry().get("opnai")
    with pytest.raises(NotFound, match="`limen providers` lists those there are"):
        default_registry().origin("qqqqqqqq")
    assert "qqqqqqqq" not in default_registry()
    assert 3 not in default_registry()


def test_a_provider_that_was_switched_off_names_its_successor() -> None:
    """Nobody can serve it any more."""
    with pytest.raises(NotFound, match="use 'gemini' in its place"):
        default_registry().get("palm")


def test_registering_by_hand() -> None:
    """A class, or a function that gives one, which is called once and only when it is needed."""
    registry, calls = ProviderRegistry(), []

    def load() -> type[BaseProvider]:
        calls.append(1)
        return Mine

    registry.register("My_Own", Mine)
    registry.register("lazy", load)
    assert registry.names() == ("lazy", "my-own")
    assert registry.origin("my-own") == "this process"
    assert not calls
    assert registry.get("my-own") is registry.get("lazy") is registry.get("LAZY") is Mine
    assert calls == [1]
    assert repr(registry) == "<ProviderRegistry: 2 providers, 0 failures>"


def test_a_name_has_one_owner() -> None:
    """A second provider of a name is refused, and both are named."""
    registry = ProviderRegistry()
    registry.register("mine", Mine)
    with pytest.raises(ConfigError) as caught:
        registry.register("MINE", OpenAIProvider)
    assert "limen.providers.openai:OpenAIProvider" in caught.value.message
    assert f"{__name__}:Mine" in caught.value.message
    assert registry.get("mine") is Mine


def test_plug_ins(plug: Any) -> None:
    """An entry point is a class, imported when it is asked for, or a function that registers any number."""

    def register(registry: ProviderRegistry) -> None:
        registry.register("one", Mine)
        registry.register("two", lambda: Mine)

    plug.register = register
    registry = ProviderRegistry()
    registry.add_entry_points([point("mine", "plugged_in:Mine"), point("many", "plugged_in:register")])
    assert registry.names() == ("mine", "one", "two")
    assert {registry.origin(name) for name in registry.names()} == {"plug"}
    assert registry.get("two") is registry.get("mine") is Mine


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module_at_all:X", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
        ("plugged_in:Missing", "AttributeError"),
        ("plugged_in:not_a_class", "TypeError: 3 is not a subclass of limen.providers.base.BaseProvider"),
        ("plugged_in:Nameless", "TypeError: Nameless.DISPLAY_NAME is empty"),
        ("plugged_in:Unconfigured", "TypeError: Unconfigured.CONFIG_TYPE is not a subclass"),
    ],
)
def test_a_broken_plug_in_is_left_out_with_its_reason(plug: Any, value: str, reason: str) -> None:
    """It is reported in one line, and everything else goes on."""
    registry = ProviderRegistry()
    registry.add_entry_points([point("broken", value), point("mine", "plugged_in:Mine")])
    registry.load_all()
    assert registry.names() == ("mine",)
    assert reason in registry.failures["broken"]
    assert "'plug'" in registry.failures["broken"]
    assert "\n" not in registry.failures["broken"]
    with pytest.raises(NotFound, match=r"can't be used: "):
        registry.get("broken")


def test_a_plug_in_whose_registering_fails(plug: Any) -> None:
    """What it registered before it failed stays; the failure is reported; later plug-ins are not blamed."""

    def register(registry: ProviderRegistry) -> None:
        registry.register("one", Mine)
        raise RuntimeError("no\nluck")

    plug.register = register
    registry = ProviderRegistry()
    registry.add_entry_points([point("bad", "plugged_in:register", "a"), point("mine", "plugged_in:Mine", "b")])
    assert registry.names() == ("mine", "one")
    assert registry.origin("mine") == "b"
    assert registry.failures == {"bad": "RuntimeError: no luck"}


def test_a_plug_in_never_stands_in_for_a_built_in_provider(plug: Any) -> None:
    """Built-ins come first whatever the order of installation; the other is reported, and both are named."""
    registry = ProviderRegistry()
    registry.add_entry_points(
        [
            point("openai", "plugged_in:Mine", "a-plug"),
            point("openai", "limen.providers.openai:OpenAIProvider", BUILT_IN),
        ]
    )
    assert registry.get("openai") is OpenAIProvider
    reason = registry.failures["openai (a-plug)"]
    assert "'a-plug'" in reason
    assert f"'{BUILT_IN}'" in reason


def test_failures_can_be_read_only() -> None:
    """What was found is not for others to change."""
    with pytest.raises(TypeError):
        default_registry().failures["x"] = "y"  # type: ignore[index]


MLFLOW: dict[str, dict[str, Any]] = {
    "ai21labs": {"ai21labs_api_key": "k"},
    "amazon-bedrock": {"aws_config": {"aws_role_arn": "arn:aws:iam::1:role/r", "aws_region": "us-east-1"}},
    "anthropic": {
        "anthropic_api_key": "k",
        "anthropic_version": "2023-06-01",
        "anthropic_api_base": "https://a.test/v1",
    },
    "azure": {
        "openai_api_key": "k",
        "openai_api_type": "azure",
        "openai_api_base": "https://r.openai.azure.com",
        "openai_api_version": "2024-10-21",
        "openai_deployment_name": "d",
    },
    "bedrock": {"aws_config": {"aws_access_key_id": "a", "aws_secret_access_key": "s", "aws_region": "us-east-1"}},
    "cohere": {"cohere_api_key": "k"},
    "databricks": {"host": "https://dbc.test", "token": "t"},
    "databricks-model-serving": {"host": "https://dbc.test", "client_id": "i", "client_secret": "s"},
    "deepseek": {"api_key": "k", "api_base": "https://d.test"},
    "gemini": {"gemini_api_key": "k"},
    "groq": {"api_key": "k", "api_base": "https://g.test/v1"},
    "huggingface-text-generation-inference": {"hf_server_url": "http://tgi.test:8080"},
    "litellm": {
        "litellm_provider": "openai",
        "litellm_auth_config": {"api_key": "k", "api_base": "http://l.test:4000"},
    },
    "mistral": {"mistral_api_key": "k"},
    "mlflow-model-serving": {"model_server_url": "http://m.test:5000"},
    "mosaicml": {"mosaicml_api_key": "k", "mosaicml_api_base": "http://mosaic.test/v1"},
    "ollama": {"api_key": "ollama", "api_base": "http://o.test:11434/v1"},
    "openai": {"openai_api_key": "k", "openai_organization": "o"},
    "openrouter": {"api_key": "k", "api_base": "https://o.test/v1"},
    "palm": {"palm_api_key": "k"},
    "portkey": {
        "api_key": "k",
        "api_base": "https://p.test/v1",
        "portkey_provider": "openai",
        "portkey_config": "pc-1",
        "provider_api_key": "k",
    },
    "sap-ai-core": {
        "deployment_url": "https://s.test/d",
        "auth_url": "https://auth.test",
        "client_id": "i",
        "client_secret": "s",
    },
    "togetherai": {"togetherai_api_key": "k"},
    "typesafe": {"typesafe_api_key": "k", "typesafe_api_base": "https://t.test/v1"},
    "vertex_ai": {
        "vertex_project": "p",
        "vertex_location": "us-east5",
        "vertex_credentials": "{}",
        "vertex_anthropic_betas": ["b"],
    },
    "xai": {"api_key": "k", "api_base": "https://x.test/v1"},
}
"""Every provider of the MLflow gateway (3.17.2), with the keys that it takes."""


@pytest.mark.parametrize("name", MLFLOW)
def test_every_provider_of_mlflow_is_known(name: str) -> None:
    """A file that names it, with all its keys, can be served; or the message says what became of it."""
    model = {"provider": name, "name": "m", "config": MLFLOW[name]}
    text = json.dumps({"endpoints": [{"name": "e", "endpoint_type": "llm/v1/chat", "model": model}]})
    problems = check(text, environ={}, registry=default_registry())
    said = [problem.message for problem in problems if problem.is_error or "unknown" in problem.message]
    if name in RETIRED:
        assert said, name
    else:
        assert said == []


def test_mlflow_has_26_providers() -> None:
    """None is forgotten."""
    assert len(MLFLOW) == 26
    assert {*default_registry().names()} >= {*map(normalise, MLFLOW)} - set(RETIRED)
