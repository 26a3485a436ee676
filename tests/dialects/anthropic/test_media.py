"""Where pictures and documents come from."""

from base64 import b64encode
from typing import Any

import pytest

from anthropic_wire import DIALECT, parsed, sent
from limen.dialects.anthropic.media import take_document, take_source, text_in
from limen.model.content import Document, Image, Source
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from openai_wire import exact, request_again

SOURCES = [
    {"type": "base64", "media_type": "image/png", "data": "aGk="},
    {"type": "base64", "data": "aGk="},
    {"type": "base64", "media_type": None, "data": "aGk=", "more": 1},
    {"type": "url", "url": "https://x/y", "more": {"a": None}},
    {"type": "file", "file_id": "file_1"},
    {"type": "text", "media_type": "text/plain", "data": "h\u00e4"},
    {"type": "content", "content": [{"type": "text", "text": "part"}]},
    {"type": "content", "content": "whole"},
    {"type": "unheard_of", "x": [1]},
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", ["image", "document"])
def test_every_source_comes_back(kind: str, source: dict[str, Any]) -> None:
    """Whatever stands in it, known or not."""
    block = {"type": kind, "source": source, "title": None, "context": "c"}
    request = parsed(messages=[{"role": "user", "content": [block]}])
    body = DIALECT.render_request(request, Losses())
    assert exact(request_again(DIALECT, body)) == exact(body)
    assert b"context" in body


def test_text_is_base64_in_the_hub() -> None:
    """So that a dialect that has only files gets it too."""
    taken = take_document({"source": SOURCES[5]})
    assert taken is not None
    assert taken[0] == Source(data=b64encode("h\u00e4".encode()).decode(), media_type="text/plain")
    assert take_source({"source": "x"}) is None
    assert (text_in("a"), text_in([{"text": "a"}, {"x": 1}, {"text": "b"}]), text_in(None)) == ("a", "a\nb", "")


def send(*blocks: Any) -> tuple[Any, Losses]:
    losses = Losses()
    return sent(ChatRequest("m", (Message("user", blocks),), "other"), losses)["messages"][0]["content"], losses


def test_a_picture_of_another_dialect_gets_the_type_it_lacks() -> None:
    """Anthropic wants one; the first bytes tell which."""
    content, losses = send(Image(Source(data="/9j/xx")), Image(Source(url="https://x/y"), detail="low"))
    assert content[0]["source"] == {"type": "base64", "data": "/9j/xx", "media_type": "image/jpeg"}
    assert content[1]["source"] == {"type": "url", "url": "https://x/y"}
    assert list(losses) == ["messages[0].content[1].detail"]


def test_files_of_another_dialect() -> None:
    """Text goes as text, what has no type as PDF, and another provider's file is lost by name."""
    text = Document(Source(data=b64encode(b"hi").decode(), media_type="text/markdown"), "notes")
    content, losses = send(text, Document(Source(data="JVBERi0=")), Document(Source(file_id="file-1")))
    assert content[0] == {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": "hi"},
        "title": "notes",
    }
    assert content[1]["source"]["media_type"] == "application/pdf"
    assert list(losses) == ["messages[0].content[2]"]
