"""Providers as the file names them."""

from __future__ import annotations

import pytest
from pydantic import field_validator

from checking import built, demo, errors, found, only, openai
from limen.config.provider_block import allowed_providers
from limen.model.secret import Secret
from limen.provider_registry import ProviderRegistry, default_registry
from limen.providers.base import BaseProvider, ProviderConfig, ProviderSettings, Transport


class Fragile(ProviderConfig):
    api_key: Secret

    @field_validator("api_key")
    @classmethod
    def _explode(cls, value: Secret) -> Secret:
        if value.reveal() == "bad-value":
            raise RuntimeError("bad-value is bad")
        return value


class FragileProvider(BaseProvider):
    NAME, DISPLAY_NAME, CONFIG_TYPE = "fragile", "Fragile", Fragile

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        if settings.config.api_key.reveal() == "bad-start":
            raise RuntimeError("can't start with bad-start")


@pytest.fixture
def registry() -> ProviderRegistry:
    """Plug-ins: one that fails on demand, and one that does not load."""
    registry = ProviderRegistry()
    registry.register("fragile", FragileProvider)

    def broken() -> object:
        raise ImportError("no module named 'acme_sdk'")

    registry.register("broken", broken)
    return registry


def endpoint(provider: str, config: str = "{}") -> str:
    return (
        f"endpoints:\n  - {{name: a, endpoint_type: llm/v1/chat, model: {{provider: {provider}, config: {config}}}}}\n"
    )


@pytest.mark.parametrize("written", ["openai", "OpenAI", "OPENAI"])
def test_case_does_not_matter(written: str) -> None:
    """As in MLflow; the snapshot has the plain name."""
    snapshot = built(endpoint(written, "{openai_api_key: k}"))
    assert snapshot.endpoints["a"].provider_name == "openai"


def test_hyphens_and_underscores_are_the_same() -> None:
    """As in MLflow, for the providers that have them in their names."""
    text = endpoint("mlflow_model_serving", "{model_server_url: 'http://127.0.0.1:5001'}")
    assert built(text).endpoints["a"].provider_name == "mlflow-model-serving"


def test_an_unknown_provider_gets_the_nearest_name_or_the_list() -> None:
    """In MLflow's words, with what can be written instead."""
    near = only(endpoint("opnai"))
    assert (near.path, near.hint) == ("endpoints[0].model.provider", "did you mean `openai`?")
    assert "The provider 'opnai' is not supported" in near.message
    far = only(endpoint("qqqqqqq"))
    assert all(f"`{name}`" in far.hint for name in default_registry().names())


def test_a_provider_that_its_owner_switched_off_names_its_successor() -> None:
    """Google's PaLM is Gemini now."""
    problem = only(endpoint("palm", "{palm_api_key: $NOT_SET}"))
    assert "switched off" in problem.message
    assert "`provider: gemini`" in problem.hint


def test_the_other_spelling_of_a_name() -> None:
    """`vertex_ai` and `vertex-ai` are one provider: both want its project."""
    for name in ("vertex_ai", "vertex-ai", "Vertex_AI"):
        assert only(endpoint(name)).path == "endpoints[0].model.config.vertex_project"


def test_a_plug_in_that_does_not_load_gives_its_reason(registry: ProviderRegistry) -> None:
    """The one who uses it learns why, the others are not touched."""
    problem = only(endpoint("broken"), registry=registry)
    assert "no module named 'acme_sdk'" in problem.message
    assert "package" in problem.hint


def test_a_plug_in_may_raise_anything(registry: ProviderRegistry) -> None:
    """A validator or a constructor that fails in its own way is an error of the block, without its key."""
    for key, said in {"bad-value": "own check", "bad-start": "can't be set up"}.items():
        problem = only(endpoint("fragile", f"{{api_key: {key}}}"), registry=registry)
        assert said in problem.message
        assert "RuntimeError" in problem.message
        assert key not in problem.message


def test_a_block_that_is_needed_is_asked_for() -> None:
    """In MLflow's words, with the lines to add."""
    problem = only("endpoints:\n  - {name: a, endpoint_type: llm/v1/chat, model: {provider: openai, name: m}}\n")
    assert problem.message == "A config must be supplied when setting a provider"
    assert problem.hint == "add `config:` with `openai_api_key: $OPENAI_API_KEY`"
    problem = only("endpoints:\n  - {name: a, endpoint_type: llm/v1/chat, model: {provider: mlflow-model-serving}}\n")
    assert problem.hint == "add `config:` with `model_server_url: …`"


def test_a_block_that_is_not_needed_may_be_left_out() -> None:
    """The demo needs nothing, ollama has defaults for everything."""
    assert found(f"endpoints:\n{demo()}") == []
    assert found("endpoints:\n  - {name: a, endpoint_type: llm/v1/chat, model: {provider: ollama, name: q}}") == []


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{openai_api_key: k, openai_api_type: zz}", "Invalid OpenAI API type 'zz'"),
        (
            "{openai_api_key: k, openai_api_type: azure}",
            "must specify 'openai_api_base', 'openai_deployment_name', and",
        ),
        ("{openai_api_key: k, openai_deployment_name: d}", "can only specify 'openai_deployment_name'"),
        ("{}", "`endpoints[0].model.config.openai_api_key`: this key is missing: Field required"),
        ("{openai_api_key: 12345}", "The api key provided is not a string"),
        ("{openai_api_key: $NOT_SET}", "Environment variable 'NOT_SET' is not set"),
        ("[openai_api_key]", "this must be a mapping, and is a list"),
    ],
)
def test_the_providers_own_rules_are_reported(config: str, said: str) -> None:
    """Each in one error with its line, in the words of the provider."""
    (error,) = errors(openai(config))
    assert error.startswith("line 2: ")
    assert said in error


def test_unknown_options_name_the_nearest() -> None:
    """The options are those of the provider's own model."""
    problem = only(openai("{openai_api_key: k, openai_api_bas: 'http://x'}"))
    assert (problem.severity, problem.hint) == ("warning", "did you mean `openai_api_base`?")


def test_the_policy_of_the_environment_is_kept() -> None:
    """MLflow's list of allowed providers, in its words; blank means no policy."""
    text = openai("{openai_api_key: k}")
    problem = only(text, environ={"MLFLOW_GATEWAY_ALLOWED_PROVIDERS": "groq, Mistral"})
    assert problem.message == "Provider 'openai' is not allowed by the current gateway provider policy"
    for allowed in ("groq,OPENAI", " openai ", "", " , "):
        assert found(text, environ={"MLFLOW_GATEWAY_ALLOWED_PROVIDERS": allowed}) == []


def test_the_policy_knows_aliases() -> None:
    """Two of MLflow's providers have two names each."""
    assert allowed_providers({"MLFLOW_GATEWAY_ALLOWED_PROVIDERS": "amazon_bedrock"}) == {"bedrock", "amazon-bedrock"}
    assert allowed_providers({"MLFLOW_GATEWAY_ALLOWED_PROVIDERS": "databricks"}) == {
        "databricks",
        "databricks-model-serving",
    }
    assert allowed_providers({}) is None
