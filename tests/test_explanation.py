"""What would become of a request, without sending it."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from limen.config.load import build
from limen.dialects.seal import seal_id
from limen.explanation import explain
from limen.model.content import Proof
from limen.plan import make_plan
from limen.policy.rotation import Rotation
from limen.provider_registry import default_registry
from limen.server.doors import Doors

CONFIG = """
endpoints:
  - {name: o, endpoint_type: llm/v1/chat, model: {name: gpt, provider: openai, config: {openai_api_key: sk-secret}}}
  - {name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}
  - {name: strict, endpoint_type: llm/v1/chat, on_loss: error, model: {name: gpt, provider: openai, config: {openai_api_key: k}}}
"""
SNAPSHOT = build(CONFIG, source=None, environ={}, registry=default_registry(), transport=None)
CALL = {
    "id": seal_id("c", [], Proof("gemini", "c2ln")),
    "type": "function",
    "function": {"name": "f", "arguments": "{}"},
}
SEALED = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [CALL]}]
CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}]}


def explained(model: str, **more: Any) -> dict[str, Any]:
    door = Doors(SNAPSHOT).find("/v1/chat/completions")
    assert door is not None
    plan = make_plan(SNAPSHOT, door, json.dumps({"model": model, **CHAT, **more}).encode(), Rotation())
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(explain(plan)))
    return found


def test_a_relay_shows_the_very_request() -> None:
    """With its address, its body, and no key."""
    found = explained("o", odd=1)
    assert (found["way"], found["endpoint"], found["provider_dialect"]) == ("relay", "o", "openai_chat")
    assert found["request"]["url"] == "https://api.openai.com/v1/chat/completions"
    assert found["request"]["body"] == {"model": "gpt", **CHAT, "odd": 1}
    assert found["request"]["headers"]["authorization"] == "**********"
    assert "sk-secret" not in json.dumps(found)


def test_a_translation_names_what_would_be_lost() -> None:
    """Each with its reason."""
    found = explained("o", messages=SEALED)
    assert found["way"] == "translate"
    assert [each["name"] for each in found["dropped"]] == ["messages[1].content[0].proof"]
    assert found["dropped"][0]["why"]
    assert found["request"]["body"]["messages"][1]["tool_calls"][0]["id"] == "c"
    assert found["error"] is None


def test_an_endpoint_may_refuse_losses() -> None:
    """`on_loss: error` turns the first loss into a refusal that names them all."""
    found = explained("strict", messages=SEALED)
    assert (found["error"]["status"], found["error"]["code"]) == (400, "would_lose")
    assert "only gemini can read it" in found["error"]["message"]
    assert found["request"] is None
    assert explained("strict")["error"] is None


def test_a_provider_that_answers_itself_is_sent_nothing() -> None:
    """There is no request to show."""
    found = explained("d")
    assert (found["way"], found["request"], found["provider_dialect"]) == ("local", None, None)


def test_a_bad_request_is_explained_too() -> None:
    """What the translation would refuse is told in the words that the client would get."""
    found = explained("o", messages=[*SEALED, {"role": "nobody"}])
    assert (found["error"]["status"], found["error"]["param"], found["request"]) == (400, "messages[2].role", None)
