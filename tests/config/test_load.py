"""The whole file: what MLflow takes is taken, and what is wrong is told at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checking import KEY, built, demo, errors, found, only
from limen.config.load import build, check
from limen.errors import ConfigError
from limen.provider_registry import ProviderRegistry, default_registry
from limen.providers.base import BaseProvider

# Three files that the MLflow gateway 3.17.2 was seen to accept.
LIMITS_AND_SECRETS = """
endpoints:
  - name: chat
    endpoint_type: llm/v1/chat
    model: {provider: openai, name: gpt-4o-mini, config: {openai_api_key: $OPENAI_API_KEY}}
    limit: {renewal_period: minute, calls: 10}
  - name: azure-completions
    endpoint_type: llm/v1/completions
    model:
      provider: openai
      name: gpt-35-turbo-instruct
      config:
        openai_api_type: azuread
        openai_api_key: /etc/keys/openai
        openai_deployment_name: my-deploy
        openai_api_base: https://my-resource.openai.azure.com/
        openai_api_version: "2024-06-01"
    limit: {calls: 500, renewal_period: 2 hours}
  - name: emb
    endpoint_type: llm/v1/embeddings
    model: {provider: mistral, name: mistral-embed, config: {mistral_api_key: k}}
"""
TRAFFIC_ROUTE = """
endpoints:
  - {name: chat-a, endpoint_type: llm/v1/chat, model: {provider: anthropic, name: claude-sonnet-4-5, config: {anthropic_api_key: k, anthropic_version: "2023-06-01"}}}
  - {name: chat-b, endpoint_type: llm/v1/chat, model: {provider: bedrock, name: anthropic.claude-3-5-sonnet, config: {aws_config: {aws_role_arn: "arn:aws:iam::1:role/r", session_length_seconds: 900, aws_region: us-east-1}}}}
  - {name: chat-c, endpoint_type: llm/v1/chat, model: {provider: groq, name: llama-3, config: {api_key: k}}}
routes:
  - name: chat-ab
    task_type: llm/v1/chat
    routing_strategy: TRAFFIC_SPLIT
    destinations:
      - {name: chat-a, traffic_percentage: 70}
      - {name: chat-b, traffic_percentage: 20}
      - {name: chat-c, traffic_percentage: 10}
"""  # noqa: E501  as it is written
PLUG_IN_AND_SELF_HOSTED = """
endpoints:
  - {name: plug, endpoint_type: llm/v1/chat, model: {provider: my-llm, name: my-model-0.1.2, config: {my_llm_api_key: k}}}
  - {name: local.tgi, endpoint_type: llm/v1/completions, model: {provider: huggingface-text-generation-inference, name: falcon, config: {hf_server_url: "http://127.0.0.1:8080"}}}
  - {name: served, endpoint_type: llm/v1/embeddings, model: {provider: mlflow-model-serving, name: st, config: {model_server_url: "http://127.0.0.1:5001"}}}
  - {name: ollama, endpoint_type: llm/v1/chat, model: {provider: ollama, name: qwen3, config: {}}}
"""  # noqa: E501  as it is written


def registry_for(text: str) -> ProviderRegistry:
    """The installed providers, and those that this text names and nobody has yet, so that only structure is judged."""
    registry = ProviderRegistry()
    for name in default_registry().names():
        registry.register(name, default_registry().get(name))
    for problem in found(text, environ={"OPENAI_API_KEY": "k"}):
        if problem.path.endswith(".provider"):
            name = problem.message.split("'")[1]
            registry.register(name, type("Later", (BaseProvider,), {"NAME": name, "DISPLAY_NAME": name}))
    return registry


@pytest.mark.parametrize("text", [LIMITS_AND_SECRETS, TRAFFIC_ROUTE, PLUG_IN_AND_SELF_HOSTED])
def test_files_of_mlflows_gateway_are_taken(text: str) -> None:
    """Their structure has no fault, whatever providers this version has."""
    given = {"environ": {"OPENAI_API_KEY": "k"}, "files": {"/etc/keys/openai": b"sk\n"}, "registry": registry_for(text)}
    assert errors(text, **given) == []
    assert len(built(text, **given).endpoints) >= 3


def test_a_file_of_mlflows_gateway_is_served_as_it_is() -> None:
    """Secrets from the environment, a file and the text; the file's line break is gone."""
    given = {"environ": {"OPENAI_API_KEY": "sk-env"}, "files": {"/etc/keys/openai": b"sk-file\n"}}
    assert found(LIMITS_AND_SECRETS, **given) == []
    snapshot = built(LIMITS_AND_SECRETS, **given)
    keys = [endpoint.provider.settings.config for endpoint in snapshot.endpoints.values()]
    assert [keys[0].openai_api_key.reveal(), keys[1].openai_api_key.reveal()] == ["sk-env", "sk-file"]
    assert keys[2].mistral_api_key.reveal() == "k"
    assert [endpoint.limit and endpoint.limit.seconds for endpoint in snapshot.endpoints.values()] == [60, 7200, None]


def test_providers_that_are_not_served_yet_are_the_only_problems() -> None:
    """One error for each, and nothing about their blocks or the routes that name them."""
    registry = default_registry()
    for text, names in ((TRAFFIC_ROUTE, ["anthropic", "bedrock"]), (PLUG_IN_AND_SELF_HOSTED, None)):
        later = names or ["my-llm", "huggingface-text-generation-inference"]
        expected = [name for name in later if name not in registry]
        assert [problem.message.split("'")[1] for problem in found(text)] == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty; add `endpoints:`"),
        ("# nothing\n", "the file is empty"),
        ("- a\n- b", "the top of the file must be a mapping, and is a list"),
        ("endpoints", "the top of the file must be a mapping, and is a single value"),
        ("{}", "`endpoints`: this key is missing: Field required"),
        ("routes: []", "`endpoints`: this key is missing: Field required"),
        ("endpoints:", "`endpoints`: this must be a list, and is empty"),
        ("endpoints: {name: a}", "`endpoints`: this must be a list"),
        ("endpoints: []\nroutes: {name: a}", "`routes`: this must be a list"),
        (f"endpoints:\n{demo()}{demo()}", "Duplicate names found in endpoint / route configurations: 'chat'"),
        ("endpoints: [{name: a}", "is not"),
    ],
)
def test_a_wrong_file_is_one_clear_error(text: str, said: str) -> None:
    """What MLflow answers with an exception of its own inside."""
    (error,) = errors(text)
    assert said in error or (said == "is not" and "brackets" in error)


def test_duplicate_names_show_both_lines() -> None:
    """Over endpoints and routes alike."""
    text = f"endpoints:\n{demo('a')}routes:\n"
    text += "  - {name: a, task_type: llm/v1/chat, destinations: [{name: a, traffic_percentage: 100}]}"
    problem = only(text)
    assert (problem.path, problem.line) == ("routes[0].name", 4)
    assert problem.hint == "rename this one, or that on line 2"


def test_no_endpoints_are_needed_beside_open_providers() -> None:
    """A list that is there and empty is taken as MLflow takes it."""
    assert errors("providers: {demo: }") == errors("endpoints: []") == []


def test_unknown_keys_at_every_level_warn() -> None:
    """With the nearest name; a strict check refuses them."""
    text = (
        "endpoint: []\n"
        "endpoints:\n"
        "  - {name: a, endpoint_type: llm/v1/chat, model: {provider: demo, temperature: 1, config: {speed: 1}}, limits: 1}\n"
        "routes:\n"
        "  - {name: r, task_type: llm/v1/chat, destinations: [{name: a, traffic_percentage: 100, weight: 1}], strategy: x}\n"
        "server: {page_sizes: 1}\n"
        "tls: {profiles: {a: {ca: x}}}\n"
    )
    paths = [
        "endpoint",
        "endpoints[0].model.temperature",
        "endpoints[0].model.config.speed",
        "endpoints[0].limits",
        "routes[0].destinations[0].weight",
        "routes[0].strategy",
        "server.page_sizes",
        "tls.profiles.a.ca",
    ]
    assert [(problem.severity, problem.path) for problem in found(text)] == [("warning", path) for path in paths]
    assert [(problem.severity, problem.path) for problem in found(text, strict=True)] == [
        ("error", path) for path in paths
    ]
    warnings = built(text).warnings
    assert len(warnings) == len(paths)
    assert warnings[0] == "line 1: `endpoint`: unknown key `endpoint`, which has no effect; did you mean `endpoints`?"


def test_building_refuses_with_every_error() -> None:
    """One error of limen's tree, which names the file and holds the problems."""
    with pytest.raises(ConfigError) as caught:
        build(
            f"endpoints:\n{demo('a b')}{demo(kind='x')}",
            source="/etc/gateway.yaml",
            environ={},
            registry=default_registry(),
            transport=None,
        )
    assert caught.value.message.startswith(
        "The gateway configuration is invalid: 2 problems in /etc/gateway.yaml:\n  line 2"
    )
    assert len(caught.value.problems) == 2
    with pytest.raises(ConfigError, match=r"The file at g.yaml is not a valid yaml file:\n  line 1"):
        build("a: [", source="g.yaml", environ={}, registry=default_registry(), transport=None)
    with pytest.raises(ConfigError, match="unknown key"):
        build(
            f"x: 1\nendpoints:\n{demo()}",
            source=None,
            environ={},
            registry=default_registry(),
            transport=None,
            strict=True,
        )


def test_the_snapshot_says_where_it_is_from() -> None:
    """The file's name and a digest that tells contents apart."""
    one, same, other = (built(f"endpoints:\n{demo(name)}") for name in ("a", "a", "b"))
    assert one.source == "gateway.yaml"
    assert one.digest == same.digest != other.digest
    assert len(one.digest) == 64


def test_plug_ins_that_were_left_out_are_among_the_warnings() -> None:
    """They are no fault of the file, so checking it does not tell, but starting does."""
    registry = registry_for("")

    def broken() -> BaseProvider:
        raise ImportError("no acme_sdk")

    registry.register("acme", broken)
    registry.load_all()
    assert found(f"endpoints:\n{demo()}", registry=registry) == []
    (warning,) = built(f"endpoints:\n{demo()}", registry=registry).warnings
    assert "'acme' is left out" in warning
    assert "no acme_sdk" in warning


PARTS = {
    "endpoints": ["name", "endpoint_type", "model", "limit", "tls"],
    "model": ["provider", "config"],
    "limit": ["calls", "renewal_period"],
    "routes": ["task_type", "destinations"],
    "destinations": ["traffic_percentage"],
    "timeouts": ["idle"],
    "tls": ["profiles"],
    "server": ["page_size"],
    "providers": ["openai", "demo"],
}
KEYS = [*PARTS, *(key for part in PARTS.values() for key in part), "openai_api_key", "openai_api_base", "unknown"]
SCALARS = st.sampled_from([None, True, -1, 0, 100, 1.5, "", "a", KEY, f"${KEY}", "openai", "demo", "llm/v1/chat"])


def shapes(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6)


@settings(max_examples=300, deadline=None)
@given(st.recursive(SCALARS, shapes, max_leaves=25))
def test_no_file_raises_anything_but_a_refusal(data: object) -> None:
    """Whatever the shape, the outcome is problems that can be shown, or a snapshot; never another exception."""
    text = json.dumps(data)
    problems = check(text, environ={}, registry=default_registry(), read_file=lambda name: None)
    faults = [problem for problem in problems if problem.is_error]
    assert all(problem.message for problem in problems)
    if not faults:
        built(text)
        return
    with pytest.raises(ConfigError) as caught:
        built(text)
    assert list(caught.value.problems) == faults
