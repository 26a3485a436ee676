"""The request as a whole."""

from typing import Any

import pytest

from corpus import bodies
from crossing import unnamed_in_request
from gemini_wire import DIALECT, asking, dumped, written
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from openai_wire import exact, request_again


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"systemInstruction": {"parts": [{"text": "a"}]}, "safetySettings": None, "labels": {"a": "b"}},
        {"system_instruction": "a", "cached_content": "cachedContents/x", "newThing": 1},
        {"serviceTier": "flex", "safetySettings": [{"category": 7, "threshold": 3}]},
        {"service_tier": "x", "model": "models/m", "systemInstruction": None},
    ],
)
def test_requests_come_back(more: dict[str, Any]) -> None:
    """Every key in its spelling, known or not."""
    body = asking(**more)
    assert exact(request_again(DIALECT, body)) == exact(body)


def test_one_content_may_stand_alone() -> None:
    """As Google's servers take it."""
    body = dumped({"contents": {"parts": {"text": "a"}}})
    assert exact(request_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"contents": []}', b"{}", b'{"contents": "a"}'])
def test_a_request_needs_contents(body: bytes) -> None:
    """And must be an object."""
    with pytest.raises(BadRequest):
        DIALECT.parse_request(body)


def test_what_has_no_place_is_named() -> None:
    """Each by its own name; a tier that Gemini has under another name is not lost."""
    losses = Losses()
    turn = Message("user", (Text("a"),))
    fields: dict[str, Any] = {
        "parallel_tool_calls": False,
        "user": "u",
        "metadata": {"a": 1},
        "extra": {"odd": 1, "nil": None},
    }
    assert written(ChatRequest("m", (turn,), "other", service_tier="default", **fields), losses) == {
        "contents": [{"role": "user", "parts": [{"text": "a"}]}],
        "serviceTier": "standard",
    }
    assert list(losses) == ["parallel_tool_calls", "user", "metadata", "odd"]
    assert "serviceTier" not in written(ChatRequest("m", (turn,), "other", service_tier="scale"), losses)
    assert "service_tier" in losses


def test_the_model_in_a_body_is_the_one_that_is_asked() -> None:
    """A client's own name for it means nothing to the provider."""
    request = DIALECT.parse_request(asking(model="models/ours"))
    assert request.model == ""
    renamed = ChatRequest("real", request.messages, "gemini", extra=request.extra)
    assert written(renamed)["model"] == "models/real"


def test_recorded_requests_come_back() -> None:
    """Every request that Google answered, at either of its doors."""
    for status in (200, 400, 403, 404, 429):
        for name, body in bodies("generateContent", "request", status=status):
            assert exact(request_again(DIALECT, body)) == exact(body), name


def test_recorded_requests_cross_to_openai() -> None:
    """Leaf by leaf, each arrives or is named."""
    for name, body in bodies("generateContent", "request"):
        assert unnamed_in_request(body, DIALECT, OpenAIChat()) == [], name


# Its only content is a part that no dialect but Mistral's has.
NOTHING_LEFT = {"rig-53ac6c590b79c2"}


def test_recorded_requests_cross_from_openai() -> None:
    """Whoever they were meant for."""
    for name, body in bodies("chat", "request"):
        if name in NOTHING_LEFT:
            with pytest.raises(BadRequest, match="nothing in it"):
                unnamed_in_request(body, OpenAIChat(), DIALECT)
        else:
            assert unnamed_in_request(body, OpenAIChat(), DIALECT) == [], name
