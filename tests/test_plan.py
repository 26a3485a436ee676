"""Who serves a call, and how."""

import json

import pytest

from limen.config.load import build
from limen.config.snapshot import Endpoint, Snapshot
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.seal import seal_id
from limen.errors import BadRequest, LimenError, NotFound, NotSupported
from limen.model.content import Proof
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse
from limen.plan import Door, Plan, Way, make_plan
from limen.policy.rotation import Rotation
from limen.provider_registry import default_registry
from limen.providers.base import BaseProvider, ProviderConfig, ProviderSettings
from limen.server.doors import Doors

CONFIG = """
endpoints:
  - {name: o, endpoint_type: llm/v1/chat, model: {name: gpt, provider: openai, config: {openai_api_key: k}}}
  - {name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}
  - {name: s, endpoint_type: llm/v1/chat, model: {name: m, provider: mlflow-model-serving, config: {model_server_url: "http://x.test"}}}
  - {name: e, endpoint_type: llm/v1/embeddings, model: {name: m, provider: demo}}
routes:
  - {name: r, task_type: llm/v1/chat, destinations: [{name: o, traffic_percentage: 50}, {name: d, traffic_percentage: 50}]}
providers:
  groq: {api_key: k}
"""
SNAPSHOT = build(CONFIG, source=None, environ={}, registry=default_registry(), transport=None)
DOORS = Doors(SNAPSHOT)
CHAT = DOORS.find("/v1/chat/completions")


def plan(body: str, door: Door = CHAT, rotation: Rotation | None = None) -> Plan:
    return make_plan(SNAPSHOT, door, body.encode(), rotation or Rotation())


def chat(model: str, more: str = "") -> str:
    return f'{{"model": "{model}", "messages": [{{"role": "user", "content": "x"}}]{more}}}'


def test_the_way_follows_from_the_two_dialects() -> None:
    """Equal dialects are relayed, others translated, and a provider without a wire answers by itself."""
    assert plan(chat("o")).way is Way.RELAY
    assert plan(chat("s")).way is Way.TRANSLATE
    assert plan(chat("d")).way is Way.LOCAL
    assert (
        plan('{"messages": [{"role": "user", "content": "x"}]}', DOORS.find("/gateway/o/invocations")).way is Way.RELAY
    )


def test_a_sealed_proof_is_never_relayed() -> None:
    """A client that carries what another provider said is translated, though both ends speak one dialect."""
    call = {
        "id": seal_id("c", [], Proof("gemini", "x")),
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
    }
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]
    assert plan(json.dumps({"model": "o", "messages": messages})).way is Way.TRANSLATE


@pytest.mark.parametrize(("more", "stream"), [("", True), (', "stream": null', True), (', "stream": false', False)])
def test_a_dialect_may_stream_by_default(more: str, stream: bool) -> None:
    """A body that does not say streams where the dialect says so, and only there."""
    ollama = OllamaChat()
    door = Door({Operation.CHAT: ollama}, Operation.CHAT, None, ollama)
    assert plan(chat("o", more), door).stream is stream
    assert not plan(chat("o", more)).stream


def test_what_was_found_is_kept_with_the_door_and_found_again() -> None:
    """The second call by the same name takes the same endpoint, however its JSON is spelt."""
    first, second = plan(chat("o")), plan(chat("o"))
    assert first.endpoint is second.endpoint is SNAPSHOT.endpoints["o"]
    assert plan('{"messages": [{"role": "user", "content": "x"}], "model": "\\u006f"}').endpoint is first.endpoint


def test_a_route_is_never_kept() -> None:
    """Each call through a route takes its turn, through either kind of door."""
    rotation = Rotation()
    names = [plan(chat("r"), rotation=rotation).endpoint.name for _ in range(4)]
    assert sorted(names) == ["d", "d", "o", "o"]
    door = DOORS.find("/endpoints/r/invocations")
    names = [plan('{"messages": [{"role": "user", "content": "x"}]}', door, rotation).endpoint.name for _ in range(4)]
    assert sorted(names) == ["d", "d", "o", "o"]


def test_an_open_provider_takes_the_rest_of_the_name() -> None:
    """`groq/a/b` is the model `a/b` at groq."""
    found = plan(chat("groq/a/b"))
    assert (found.endpoint.provider_name, found.endpoint.model, found.way) == ("groq", "a/b", Way.RELAY)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (chat("nope"), NotFound),
        (chat("nope/x"), NotFound),
        (chat("groq/"), NotFound),
        (chat("e"), BadRequest),
        ('{"messages": [{"role": "user", "content": "x"}]}', BadRequest),
        ('{"model": 7, "messages": [{"role": "user", "content": "x"}]}', BadRequest),
        (chat("s", ', "stream": true'), NotSupported),
    ],
)
def test_what_can_not_be_served_is_refused(body: str, fault: type[LimenError]) -> None:
    """Unknown names, endpoints of another type and operations that a provider lacks each have their own fault."""
    for _ in range(2):
        with pytest.raises(fault):
            plan(body)


class OnlyWhole(BaseProvider):
    """A plug-in that answers conversations whole, and says no more of itself."""

    NAME, DISPLAY_NAME = "whole", "Whole"

    async def chat(self, request: ChatRequest) -> ChatResponse:
        return ChatResponse("1", "m", (), "openai_chat")


def test_a_plugin_that_does_one_thing_is_served_for_that() -> None:
    """Overriding `chat` alone makes whole chats work and streamed ones a 501, with no flags to set."""
    provider = OnlyWhole(ProviderSettings("m", ProviderConfig()))
    endpoint = Endpoint("p", "llm/v1/chat", Operation.CHAT, "whole", "m", provider)
    snapshot = Snapshot({"p": endpoint}, {}, {})
    body = chat("p").encode()
    assert make_plan(snapshot, Doors(snapshot).find("/v1/chat/completions"), body, Rotation()).way is Way.LOCAL
    with pytest.raises(NotSupported, match="streamed chat operation is not implemented for Whole models"):
        make_plan(
            snapshot, Doors(snapshot).find("/v1/chat/completions"), chat("p", ', "stream": true').encode(), Rotation()
        )


def test_usage_is_asked_for_in_so_many_words() -> None:
    """Only `include_usage: true` counts as asking."""
    assert plan(chat("o", ', "stream": true, "stream_options": {"include_usage": true}')).asked_usage
    for options in ("{}", '{"include_usage": false}', "null", "7"):
        assert not plan(chat("o", f', "stream": true, "stream_options": {options}')).asked_usage
