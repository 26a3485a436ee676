"""MLflow's own client, unchanged, against a running gateway."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import requests
from mlflow.deployments import get_deploy_client
from mlflow.deployments.mlflow import MlflowDeploymentClient
from mlflow.exceptions import MlflowException

from openai_provider import SAID, VECTOR
from openai_provider import openai as answer_as_openai
from upstream import Asked, Wire

ASK = {"messages": [{"role": "user", "content": f"[[limen: say {SAID}]]"}]}
CHATS = ["demo", "chat", "mixed"]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(gate, monkeypatch) -> MlflowDeploymentClient:
    """The client, which repeats a request once and not seven times, to keep the tests short."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    return get_deploy_client(gate.url)


def played(directive: str) -> dict[str, Any]:
    """A question that has the demo provider play something."""
    return {"messages": [{"role": "user", "content": f"[[limen: {directive}]] Hello there."}]}


def test_list_endpoints(gate, client) -> None:
    """Every endpoint is listed once, though a page of this gateway holds two."""
    listed = client.list_endpoints()
    assert [endpoint.name for endpoint in listed] == [
        "demo", "demo-text", "demo-vectors", "chat", "text", "vectors", "hasty", "once-an-hour", "once-a-second",
    ]  # fmt: skip
    assert len(client._list_endpoints()) == 2
    chat = next(endpoint for endpoint in listed if endpoint.name == "chat")
    assert chat.endpoint_type == "llm/v1/chat"
    assert (chat.model.name, chat.model.provider) == ("gpt-test", "openai")
    assert chat.endpoint_url == f"{gate.url}/gateway/chat/invocations"
    assert chat.limit is None


def test_get_endpoint(client) -> None:
    """One endpoint is described with its limit."""
    endpoint = client.get_endpoint("once-an-hour")
    assert (endpoint.name, endpoint.endpoint_type) == ("once-an-hour", "llm/v1/chat")
    assert (endpoint.limit.calls, endpoint.limit.renewal_period) == (1, "hour")


def test_the_listed_url_works(client) -> None:
    """`endpoint_url` is the address to ask."""
    url = client.get_endpoint("demo").endpoint_url
    told = requests.post(url, json=ASK, timeout=10)
    assert told.json()["choices"][0]["message"]["content"] == SAID


def test_an_address_with_a_slash_at_its_end(gate, monkeypatch) -> None:
    """It makes no difference."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    client = get_deploy_client(gate.url + "/")
    assert client.get_endpoint("demo").name == "demo"
    assert client.predict(endpoint="demo", inputs=ASK)["choices"][0]["message"]["content"] == SAID


@pytest.mark.parametrize("endpoint", CHATS)
def test_chat(client, endpoint) -> None:
    """A chat answer has what MLflow's documentation shows."""
    told = client.predict(endpoint=endpoint, inputs={**ASK, "temperature": 0.5, "max_tokens": 100})
    choice = told["choices"][0]
    assert told["object"] == "chat.completion"
    assert (choice["index"], choice["finish_reason"]) == (0, "stop")
    assert (choice["message"]["role"], choice["message"]["content"]) == ("assistant", SAID)
    usage = told["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0


@pytest.mark.parametrize("endpoint", CHATS)
def test_chat_with_tools(client, endpoint) -> None:
    """Calls come back, and their results are answered."""
    question = {"role": "user", "content": "get_weather, please"}
    told = client.predict(endpoint=endpoint, inputs={"messages": [question], "tools": [TOOL]})
    assert told["choices"][0]["finish_reason"] == "tool_calls"
    message = told["choices"][0]["message"]
    [call] = message["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    result = {"role": "tool", "tool_call_id": call["id"], "content": "21 degrees"}
    after = client.predict(endpoint=endpoint, inputs={"messages": [question, message, result], "tools": [TOOL]})
    assert "21 degrees" in after["choices"][0]["message"]["content"]


@pytest.mark.parametrize("endpoint", ["demo-text", "text"])
def test_completions(client, endpoint) -> None:
    """Completions have text."""
    told = client.predict(endpoint=endpoint, inputs={"prompt": f"[[limen: say {SAID}]]", "n": 1})
    assert told["object"] == "text_completion"
    assert told["choices"][0]["text"] == SAID


@pytest.mark.parametrize("endpoint", ["demo-vectors", "vectors"])
@pytest.mark.parametrize("texts", ["a river", ["a river", "a mountain"]])
def test_embeddings(client, endpoint, texts) -> None:
    """Embeddings have one vector of numbers for each text."""
    told = client.predict(endpoint=endpoint, inputs={"input": texts})
    assert told["object"] == "list"
    assert [item["index"] for item in told["data"]] == list(range(1 if isinstance(texts, str) else len(texts)))
    assert all(isinstance(number, float) for item in told["data"] for number in item["embedding"])
    if endpoint == "vectors":
        assert told["data"][0]["embedding"] == VECTOR


def test_what_the_client_sends_arrives(gate, client, monkeypatch) -> None:
    """Parameters reach the provider, with the endpoint's own model; the client's token does not."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "tracking-token")
    client.predict(endpoint="chat", inputs={**ASK, "temperature": 0.5, "stop": ["END"], "made_up": {"a": [1]}})
    [asked] = gate.provider.asked
    assert asked.json == {**ASK, "model": "gpt-test", "temperature": 0.5, "stop": ["END"], "made_up": {"a": [1]}}
    assert asked.headers["authorization"] == "Bearer sk-test"


def test_an_unknown_endpoint(client) -> None:
    """It is an HTTPError that says 404 and the reason, from each method."""
    for call in (lambda: client.get_endpoint("nope"), lambda: client.predict(endpoint="nope", inputs=ASK)):
        with pytest.raises(requests.HTTPError, match="The endpoint 'nope' is not present or active") as caught:
            call()
        assert caught.value.response.status_code == 404


@pytest.mark.parametrize("inputs", [{}, {"messages": "hi"}, {**ASK, "model": "other"}])
def test_bad_inputs(gate, client, inputs) -> None:
    """Inputs that no provider could serve are a 422 with the reason, and no provider is asked."""
    with pytest.raises(requests.HTTPError) as caught:
        client.predict(endpoint="chat", inputs=inputs)
    assert caught.value.response.status_code == 422
    assert caught.value.response.json()["detail"]
    assert not gate.provider.asked


def test_a_slow_provider_is_asked_once(gate, client) -> None:
    """A provider that takes too long is a 504, which this client does not repeat: an answer that takes long is paid once."""

    async def sleep(asked: Asked, wire: Wire) -> None:
        await asyncio.sleep(60)

    gate.provider.play(sleep)
    with pytest.raises(requests.HTTPError) as caught:
        client.predict(endpoint="hasty", inputs=ASK)
    assert caught.value.response.status_code == 504
    assert len(gate.provider.asked) == 1


def test_a_client_that_times_out(gate, client, monkeypatch) -> None:
    """The client's own time-out is an exception of MLflow's, and ends the request at the provider."""

    async def sleep(asked: Asked, wire: Wire) -> None:
        await asyncio.sleep(60)

    monkeypatch.setenv("MLFLOW_DEPLOYMENT_PREDICT_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    gate.provider.play(sleep)
    with pytest.raises(MlflowException):
        client.predict(endpoint="chat", inputs=ASK)
    gate.provider.wait_until_gone(gate.provider.asked[0])


def test_a_provider_that_was_busy_is_asked_again(gate, client) -> None:
    """The provider's Retry-After reaches the client, which waits so long and asks again."""
    began: list[float] = []

    async def busy_once(asked: Asked, wire: Wire) -> None:
        began.append(time.monotonic())
        if len(began) == 1:
            await wire.reply({"error": {"message": "busy"}}, status=429, retry_after="1")
        else:
            await answer_as_openai(asked, wire)

    gate.provider.play(busy_once)
    assert client.predict(endpoint="chat", inputs=ASK)["choices"][0]["message"]["content"] == SAID
    assert began[1] - began[0] >= 1


def test_a_limit_is_waited_for(client) -> None:
    """A limit of the configuration gives Retry-After, so that the client's next try is served."""
    for _ in range(2):
        told = client.predict(endpoint="once-a-second", inputs=ASK)
        assert told["choices"][0]["message"]["content"] == SAID


def test_a_limit_without_repeats(client, monkeypatch) -> None:
    """A client that does not repeat gets the 429 and its Retry-After."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    client.predict(endpoint="once-an-hour", inputs=ASK)
    with pytest.raises(requests.HTTPError) as caught:
        client.predict(endpoint="once-an-hour", inputs=ASK)
    assert caught.value.response.status_code == 429
    assert 3500 < int(caught.value.response.headers["retry-after"]) <= 3600


@pytest.mark.parametrize(
    ("directive", "status"),
    [
        ("error bad-request", 400),
        ("error authentication", 401),
        ("error context-length", 400),
        ("error not-found", 404),
    ],
)
def test_a_providers_refusal(client, directive, status) -> None:
    """A provider's own error keeps its status; `detail` has the provider's words."""
    with pytest.raises(requests.HTTPError, match="was asked for this error") as caught:
        client.predict(endpoint="demo", inputs=played(directive))
    assert caught.value.response.status_code == status
    assert "detail" in caught.value.response.json()


def test_a_provider_that_breaks(client, monkeypatch) -> None:
    """A provider that can't be reached is a 502 with a request id to look for in the log."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(requests.HTTPError) as caught:
        client.predict(endpoint="demo", inputs=played("error unreachable"))
    assert caught.value.response.status_code == 502
    assert caught.value.response.headers["x-request-id"].startswith("req_")
