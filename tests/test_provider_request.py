"""What a provider would be sent."""

from __future__ import annotations

import json

import pytest

from limen.config.load import build
from limen.errors import BadRequest
from limen.model.losses import Losses
from limen.plan import Plan, make_plan
from limen.policy.rotation import Rotation
from limen.provider_registry import default_registry
from limen.provider_request import hub_request, refuse_losses, relayed, translated
from limen.server.doors import Doors

CONFIG = """
endpoints:
  - {name: o, endpoint_type: llm/v1/chat, model: {name: gpt, provider: openai, config: {openai_api_key: k}}}
  - {name: s, endpoint_type: llm/v1/chat, on_loss: error,
     model: {name: m, provider: mlflow-model-serving, config: {model_server_url: "http://x.test"}}}
providers:
  groq: {api_key: k}
"""
SNAPSHOT = build(CONFIG, source=None, environ={}, registry=default_registry(), transport=None)


def plan(model: str) -> Plan:
    door = Doors(SNAPSHOT).find("/v1/chat/completions")
    assert door is not None
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "x"}], "seed": 1})
    return make_plan(SNAPSHOT, door, body.encode(), Rotation())


def test_a_relayed_body_changes_only_its_model() -> None:
    """The endpoint's own, or what follows the provider's name."""
    assert json.loads(relayed(plan("o")).body)["model"] == "gpt"
    assert json.loads(relayed(plan("groq/llama/x")).body)["model"] == "llama/x"


def test_a_translated_request_notes_or_refuses_losses() -> None:
    """As the endpoint says."""
    found, losses = plan("s"), Losses()
    losses.note("seed", "it has none")
    with pytest.raises(BadRequest) as told:
        translated(found, hub_request(found, losses), losses)
    assert (told.value.code, told.value.param) == ("would_lose", "seed")
    refuse_losses(plan("o"), losses)
