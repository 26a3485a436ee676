"""What of an answer nobody misses."""

from __future__ import annotations

import json

from limen.dialects.answer_envelope import is_envelope
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.openai.chat import OpenAIChat
from limen.model.losses import Losses


def test_ids_times_and_zeros_are_envelope() -> None:
    """What a user would miss is not."""
    assert is_envelope("total_duration", 5)
    assert is_envelope("system_fingerprint", "fp")
    assert is_envelope("tool_usage", {"web_search": {"num_requests": 0}})
    assert not is_envelope("tool_usage", {"web_search": {"num_requests": 1}})
    assert not is_envelope("cost", 0.5)
    assert not is_envelope("flag", False)


def test_a_translated_answer_names_only_what_is_missed() -> None:
    """In both directions; the tier that serves everyone is not told."""
    told = {"model": "m", "message": {"role": "assistant", "content": "a"}, "done": True, "total_duration": 5}
    losses = Losses()
    OpenAIChat().render_response(OllamaChat().parse_response(json.dumps(told).encode()), losses)
    assert list(losses) == []
    choice = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": "stop"}
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    for tier, lost in (("default", []), ("priority", ["service_tier"])):
        losses = Losses()
        body = json.dumps({**answer, "system_fingerprint": "fp", "service_tier": tier}).encode()
        OllamaChat().render_response(OpenAIChat().parse_response(body), losses)
        assert list(losses) == lost


def test_a_request_keeps_its_names() -> None:
    """An id in a request may mean something: it is named."""
    losses = Losses()
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "a", "id": "x"}]}).encode()
    OllamaChat().render_request(OpenAIChat().parse_request(body), losses)
    assert list(losses) == ["messages[0].id"]
