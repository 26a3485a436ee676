"""The request, read."""

import json

from bedrock_wire import DIALECT, REQUEST, text
from limen.dialects.bedrock.request import parse_converse_request, read_converse_request
from limen.model.losses import Losses
from limen.model.request import Sampling


def test_fields_of_the_hub_are_found() -> None:
    """Wherever Bedrock has them."""
    request = parse_converse_request(text(REQUEST))
    assert (request.model, request.max_tokens, request.stop, request.stream) == ("", 100, ("X",), None)
    assert request.sampling == Sampling(0.5, 1, 5)
    assert request.reasoning is not None
    assert (request.reasoning.budget, request.reasoning.effort, request.reasoning.enabled) == (4000, "low", True)
    assert request.response_format is not None
    assert request.response_format.schema == {"type": "object"}
    assert (request.service_tier, request.metadata) == ("flex", {"team": "a"})
    assert [message.role for message in request.messages] == ["system", "user", "assistant", "user"]
    assert set(request.extra) == {
        "inferenceConfig",
        "toolConfig",
        "additionalModelRequestFields",
        "outputConfig",
        "guardrailConfig",
        "performanceConfig",
        "promptVariables",
        "system_2",
    }


def test_novas_top_k_is_found_too() -> None:
    """In its own place."""
    body = {**json.loads(text(REQUEST)), "additionalModelRequestFields": {"inferenceConfig": {"topK": 7}}}
    request = read_converse_request(body)
    assert request.sampling.top_k == 7
    assert b'"inferenceConfig":{"topK":7}' in DIALECT.render_request(request, Losses())
