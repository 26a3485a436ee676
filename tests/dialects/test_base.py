"""What every dialect does unless it says otherwise."""

import pytest

from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.errors import BadRequest
from limen.wire.sse import Frame


def test_a_dialect_does_not_stream_by_itself() -> None:
    """It says so by name."""
    with pytest.raises(ValueError, match="openai_embeddings does not stream"):
        OpenAIEmbeddings().stream_parser()


def test_what_is_relayed_stays_as_it_is() -> None:
    """A dialect that dresses nothing gives the very bytes back."""
    body, frame = b'{"a": 1}', Frame(b"x", b"data: x\n\n")
    assert OpenAIChat().dress_response(body, "p") is body
    assert OpenAIChat().dress_frame(frame, "p") is frame.raw


def test_an_error_in_a_stream_is_an_error_in_a_frame() -> None:
    """The dialect's own error body, as data."""
    error = BadRequest("m")
    assert OpenAIChat().render_error_event(error) == b"data: " + OpenAIChat().render_error(error) + b"\n\n"
