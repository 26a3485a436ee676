"""OpenAI, at home and at Azure: what their `config:` block allows, and where requests go."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from limen.model.http import Origin
from limen.model.operation import Operation
from limen.providers.base import ProviderSettings
from limen.providers.openai import OpenAIConfig, OpenAIProvider
from limen.version import __version__
from limen.wire.edit import Fields

AZURE = {
    "openai_api_key": "k",
    "openai_api_type": "azure",
    "openai_api_base": "https://my-resource.openai.azure.com/",
    "openai_api_version": "2024-10-21",
    "openai_deployment_name": "my deploy/1",
}


def provider(**config: Any) -> OpenAIProvider:
    return OpenAIProvider(ProviderSettings("gpt-5", OpenAIConfig(**{"openai_api_key": "sk-1", **config})))


def lines(block: bytes) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.decode().split("\r\n") if line)


@pytest.mark.parametrize(
    ("operation", "target"),
    [
        (Operation.CHAT, b"/v1/chat/completions"),
        (Operation.COMPLETIONS, b"/v1/completions"),
        (Operation.EMBEDDINGS, b"/v1/embeddings"),
    ],
)
def test_a_request_to_openai(operation: Operation, target: bytes) -> None:
    """Address, credentials and headers of each operation."""
    request = provider().prepare(operation, b"{}", model="gpt-5", stream=False)
    assert request.origin == Origin("https", "api.openai.com", 443)
    assert (request.method, request.target, request.body) == (b"POST", target, b"{}")
    assert lines(request.headers) == {
        "content-type": "application/json",
        "user-agent": f"limen/{__version__}",
        "accept-encoding": "identity",
        "authorization": "Bearer sk-1",
    }


def test_another_base_and_an_organization() -> None:
    """`openai_api_base` moves the provider, `openai_organization` adds its header, the TLS profile goes with the origin."""
    config = OpenAIConfig(openai_api_key="k", openai_api_base="http://[::1]:9000/p/", openai_organization="org-1")
    moved = OpenAIProvider(ProviderSettings(None, config, tls_profile="corporate"))
    request = moved.prepare(Operation.CHAT, b"", model=None, stream=True)
    assert request.origin == Origin("http", "::1", 9000, "corporate")
    assert request.target == b"/p/chat/completions"
    assert lines(request.headers)["openai-organization"] == "org-1"


@pytest.mark.parametrize(
    ("version", "asked"),
    [
        ("2024-10-21", True),
        ("2024-09-01-preview", True),
        ("2024-06-01", False),
        ("2023-07-01-preview", False),
        ("preview", True),
    ],
)
def test_azure_is_asked_for_usage_where_it_understands(version: str, asked: bool) -> None:
    """API versions before September 2024 refuse `stream_options`; the model is in the URL, not in the body."""
    azure = OpenAIProvider(ProviderSettings("m", OpenAIConfig(**{**AZURE, "openai_api_version": version})))
    fields = Fields.parse(b'{"model":"x","messages":[]}')
    azure.adapter.edit_relay(Operation.CHAT, fields, model="m", stream=True)
    assert "model" not in fields.raw
    assert ("stream_options" in fields.raw) is asked


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "openai_api_key"),
        ({"openai_api_key": "k", "openai_api_type": "zz"}, "Invalid OpenAI API type 'zz'"),
        ({"openai_api_key": "k", "openai_api_type": 3}, "Invalid OpenAI API type 3"),
        ({"openai_api_key": "k", "openai_deployment_name": "d"}, "can only specify 'openai_deployment_name' if"),
        ({**AZURE, "openai_organization": "o"}, "can only specify 'openai_organization' if"),
        ({**AZURE, "openai_api_base": None}, "must specify 'openai_api_base', 'openai_deployment_name', and"),
        ({**AZURE, "openai_api_version": None}, "must specify 'openai_api_base', 'openai_deployment_name', and"),
        ({**AZURE, "openai_deployment_name": None}, "must specify 'openai_api_base', 'openai_deployment_name', and"),
        ({"openai_api_key": "k", "openai_api_base": "api.openai.com"}, "must begin with http:// or https://"),
        ({"openai_api_key": "k", "openai_organization": "a\r\nb"}, "the organization has a blank"),
        ({"openai_api_key": "s3cret\n"}, "a line break"),
    ],
)
def test_what_the_block_refuses(config: dict[str, Any], said: str) -> None:
    """Each rule between the keys has its message, and none of them shows the key."""
    with pytest.raises(ValidationError) as caught:
        OpenAIConfig(**config)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_api_type_is_read_in_any_case_and_unknown_keys_are_left_to_the_loader() -> None:
    """As in MLflow."""
    assert OpenAIConfig(openai_api_key="k", openai_api_type="OpenAI", extra=1).openai_api_type == "openai"
    assert OpenAIProvider.ENV_KEYS == ("OPENAI_API_KEY",)


def test_a_key_never_prints() -> None:
    """Neither the block nor the settings show it."""
    shown = provider(openai_api_key="s3cret")
    assert "s3cret" not in repr(shown.settings)
    assert "s3cret" not in shown.config.model_dump_json()


def test_responses_at_openai_and_at_azure() -> None:
    """Azure has no deployment in that path: its name is the body's model."""
    for config, target, model in (({}, b"/v1/responses", "gpt-5"), (AZURE, b"/openai/v1/responses", "my deploy/1")):
        found = provider(**config)
        request = found.prepare(Operation.CHAT, b"{}", model="gpt-5", stream=True, wire="openai_responses")
        assert request.target == target
        fields = Fields.parse(b'{"input":"Hi"}')
        found.adapter.edit_relay(Operation.CHAT, fields, model="gpt-5", stream=True, wire="openai_responses")
        assert fields.get("model") == model
