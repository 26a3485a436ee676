"""Endpoints, each checked as far as it goes."""

from __future__ import annotations

from checking import built, demo, errors, found, only, openai
from limen.config.snapshot import Endpoint
from limen.model.operation import Operation


def test_an_endpoint_holds_what_the_file_says() -> None:
    """Name, type, provider, model, limit; and a provider that is ready."""
    text = openai("{openai_api_key: $KEY}").replace("}}\n", "}, limit: {calls: 5, renewal_period: hour}}\n")
    endpoint = built(text, environ={"KEY": "sk-1"}).endpoints["chat"]
    assert isinstance(endpoint, Endpoint)
    assert (endpoint.endpoint_type, endpoint.operation) == ("llm/v1/chat", Operation.CHAT)
    assert (endpoint.provider_name, endpoint.model) == ("openai", "m")
    assert endpoint.limit is not None
    assert endpoint.limit.seconds == 3600
    assert endpoint.provider.settings.config.openai_api_key.reveal() == "sk-1"
    assert endpoint.provider.settings.sleep is not None


def test_a_model_may_have_no_name() -> None:
    """MLflow takes null, and the request then says which model."""
    assert built(f"endpoints:\n{demo()}").endpoints["chat"].model is None
    assert errors(openai("{openai_api_key: k}").replace("name: m", "name: ")) == []


def test_the_key_of_older_files_is_refused_with_its_successor() -> None:
    """`route_type` is one error, and its value is checked as what it meant."""
    text = "endpoints:\n  - {name: a, route_type: llm/v1/chat, model: {provider: demo}}"
    problem = only(text)
    assert problem.path == "endpoints[0].route_type"
    assert "The 'route_type' configuration key is not supported in the configuration file" in problem.message
    assert problem.hint == "Use 'endpoint_type' instead"
    assert len(errors(text.replace("v1", "v7"))) == 2


def test_everything_wrong_with_one_endpoint_is_found_at_once() -> None:
    """A wrong name does not hide a wrong provider, key, deadline or profile."""
    said = errors(
        "endpoints:\n"
        "  - name: a b\n"
        "    endpoint_type: chat\n"
        "    model: {provider: openai, name: 5, config: {openai_api_key: $NOT_SET, openai_api_type: zz}}\n"
        "    limit: {calls: x, renewal_period: y}\n"
        "    timeouts: {idle: never}\n"
        "    tls: corp\n"
    )
    assert [line.split("`")[1].removeprefix("endpoints[0].") for line in said] == [
        "name",
        "endpoint_type",
        "model.name",
        "model.config.openai_api_key",
        "model.config.openai_api_type",
        "limit.calls",
        "limit.renewal_period",
        "timeouts.idle",
        "tls",
    ]


def test_missing_keys_are_named_each() -> None:
    """All three that an endpoint needs, at the line where it begins."""
    assert errors("endpoints:\n  - {}") == [
        "line 2: `endpoints[0].name`: this key is missing: Field required; add `name:`",
        "line 2: `endpoints[0].endpoint_type`: this key is missing: Field required; add `endpoint_type:`",
        "line 2: `endpoints[0].model`: this key is missing: Field required; add `model:`",
    ]


def test_entries_of_another_shape() -> None:
    """A text, nothing and a list in the place of an endpoint or of its model."""
    said = errors("endpoints:\n  - chat\n  -\n  - [a]\n  - {name: a, endpoint_type: llm/v1/chat, model: openai}")
    assert [line.split(";")[0] for line in said] == [
        "line 2: `endpoints[0]`: this must be a mapping, and is a text",
        "line 3: `endpoints[1]`: this must be a mapping, and is empty",
        "line 4: `endpoints[2]`: this must be a mapping, and is a list",
        "line 5: `endpoints[3].model`: this must be a mapping, and is a text",
    ]


def test_an_operation_that_the_provider_lacks_is_a_warning() -> None:
    """MLflow starts with such a file, so limen does; but nobody wants it."""
    text = "endpoints:\n  - {name: a, endpoint_type: llm/v1/embeddings, model: {provider: groq, config: {api_key: k}}}"
    (problem,) = found(text)
    assert problem.severity == "warning"
    assert "Groq has no embeddings operation" in problem.message
