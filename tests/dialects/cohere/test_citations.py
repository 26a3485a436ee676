"""Web pages that another dialect cites."""

import json

from cohere_wire import COHERE, OPENAI, rendered
from limen.dialects.cohere.citations import render_citation
from limen.dialects.rendering import Rendering
from limen.model.content import Text
from limen.model.events import BlockDelta, BlockStart, BlockStop, Finish, Start
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from openai_wire import frames

PAGE = {"type": "web_search_result_location", "url": "https://x", "title": "X", "cited_text": "said"}
PLACED = {"type": "url_citation", "url_citation": {"url": "https://x", "title": "X", "start_index": 1, "end_index": 2}}


def test_a_page_is_a_document() -> None:
    """Whose id is its address; without a place it is about the whole text."""
    losses = Losses()
    rendering = Rendering("cohere", "anthropic", losses, answer=True)
    told = render_citation(PAGE, 7, rendering, "here")
    assert told == {
        "start": 0,
        "end": 7,
        "text": "said",
        "sources": [
            {"type": "document", "id": "https://x", "document": {"id": "https://x", "url": "https://x", "title": "X"}}
        ],
        "type": "TEXT_CONTENT",
    }
    assert not losses
    assert render_citation({"type": "char_location"}, 7, rendering, "here") is None
    assert list(losses) == ["here.citations"]


def test_pages_cross_to_cohere_and_back() -> None:
    """Full answers: each citation names its text."""
    answer = ChatResponse("a", "m", (Choice(0, (Text("Yes", (PLACED,)),), "stop"),), "openai_chat")
    losses = Losses()
    there = COHERE.render_response(answer, losses)
    assert json.loads(there)["message"]["citations"][0]["content_index"] == 0
    back = json.loads(OPENAI.render_response(COHERE.parse_response(there), losses))
    assert back["choices"][0]["message"]["annotations"] == [PLACED]
    assert not losses


def test_pages_are_told_in_streams() -> None:
    """When they come, with a beginning and an end."""
    losses = Losses()
    events = [Start("a", "m", "anthropic"), BlockStart(0, Text("")), BlockDelta(0, "Yes"), BlockDelta(0, citation=PAGE)]
    data = rendered(COHERE, [*events, BlockStop(0), Finish("stop")], losses)
    said = [json.loads(each.data) for each in frames(data) if each.data != b"[DONE]"]
    assert [each["type"] for each in said][3:5] == ["citation-start", "citation-end"]
    assert said[3]["delta"]["message"]["citations"]["end"] == 3
    assert not losses
