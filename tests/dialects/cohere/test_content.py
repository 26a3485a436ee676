"""The parts of a message's content."""

import json
from typing import Any

import pytest

from cohere_wire import COHERE, OPENAI
from limen.dialects.cohere.content import parse_part, plain_text, render_part
from limen.dialects.members import LenientMembers, Members
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import Audio, Image, Opaque, Source, Text
from limen.model.losses import Losses


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": "a", "x": None},
        {"type": "thinking", "thinking": ""},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "low", "x": 1}},
        {"type": "image_url", "image_url": "https://x/y.png"},
        {"type": "document", "document": {"id": "1", "data": {"n": 123456789012345678901, "t": "é"}}},
        {"type": "document", "document": {"data": "text"}},
        {"type": "document", "document": {"data": []}},
        {"type": "new", "x": [1]},
        {"type": "text", "text": None},
    ],
)
def test_parts_come_back(part: dict[str, Any]) -> None:
    """Known ones, odd ones and unknown ones."""
    block = parse_part(json.loads(json.dumps(part)), "p", "cohere", Members)
    losses = Losses()
    said = render_part(block, Rendering("cohere", "cohere", losses), "p")
    body = COHERE.render_request(
        COHERE.parse_request(json.dumps({"messages": [{"role": "user", "content": [part]}]}).encode()), losses
    )
    assert said.keys() == part.keys()
    assert json.loads(body)["messages"][0]["content"] == [part]
    assert not losses


def test_a_shapeless_part_is_refused_in_a_request_and_kept_in_an_answer() -> None:
    """A client is told where it is."""
    with pytest.raises(BadRequest) as raised:
        parse_part("text", "messages[0].content[0]", "cohere", Members)
    assert raised.value.param == "messages[0].content[0]"
    assert parse_part("text", "p", "cohere", LenientMembers) == Opaque("cohere", "text")


def test_a_document_reaches_openai_as_its_json() -> None:
    """What a tool answered is not lost."""
    part = {"type": "document", "document": {"data": {"output": "5"}}}
    turn = {"role": "tool", "tool_call_id": "c", "content": [part]}
    losses = Losses()
    body = OPENAI.render_request(COHERE.parse_request(json.dumps({"messages": [turn]}).encode()), losses)
    assert json.loads(body)["messages"][0]["content"] == '{"output":"5"}'
    assert not losses


def test_what_has_no_place_is_named() -> None:
    """Sound, and a file's id."""
    losses = Losses()
    rendering = Rendering("cohere", "test", losses)
    assert render_part(Audio(Source(data="AA")), rendering, "a") is None
    assert render_part(Image(Source(file_id="f")), rendering, "b") is None
    assert plain_text((Text("x"),), rendering, "c") == "x"
    assert list(losses) == ["a", "b"]
