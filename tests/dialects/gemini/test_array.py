"""Streams as one array."""

import json

from gemini_wire import asking, chunk, parsed, rendered, streamed
from limen.dialects.gemini.array import GeminiArray
from limen.errors import Overloaded
from limen.model.content import Text
from limen.model.events import BlockDelta, BlockStart, BlockStop, Finish, Start
from openai_wire import exact, request_again

DIALECT = GeminiArray()
CHUNKS = [chunk({"text": "a"}), chunk({"text": "b"}, finishReason="STOP")]


def test_a_stream_is_an_array() -> None:
    """Of the same chunks, whoever gave them."""
    whole = rendered(parsed(streamed(*CHUNKS)), DIALECT)
    assert json.loads(whole) == CHUNKS
    assert b"\n,\n" in whole
    foreign = [Start("x", "m", "other"), BlockStart(0, Text("")), BlockDelta(0, "a"), BlockStop(0), Finish("stop")]
    assert [each["candidates"][0]["content"]["parts"] for each in json.loads(rendered(foreign, DIALECT))] == [
        [{"text": "a"}],
        [{"text": ""}],
    ]
    assert json.loads(rendered([], DIALECT)) == []


def test_an_array_is_a_stream_too() -> None:
    """From a provider that streams so: the same events."""
    whole = rendered(parsed(streamed(*CHUNKS)), DIALECT)
    framer, parser = DIALECT.stream_framer(), DIALECT.stream_parser()
    events = [event for byte in whole for frame in framer.feed(bytes([byte])) for event in parser.feed(frame)]
    assert events + parser.close() == parsed(streamed(*CHUNKS))
    assert parser.ended


def test_an_error_is_the_last_element() -> None:
    """The array is whole JSON, and says that it broke."""
    renderer = DIALECT.stream_renderer(DIALECT.parse_request(asking()), None)  # type: ignore[arg-type]
    begun = b"".join(renderer.render(event) for event in parsed(streamed(*CHUNKS))[:3])
    assert json.loads(begun + DIALECT.render_error_event(Overloaded("busy")))[-1]["error"]["status"] == "UNAVAILABLE"


def test_what_differs_from_the_other_framing() -> None:
    """The wire, the content type, and what keeps a silent stream alive. Requests are the same, to the last key."""
    assert (DIALECT.name, DIALECT.wire) == ("gemini_array", "gemini_array")
    assert DIALECT.stream_content_type.startswith(b"application/json")
    assert DIALECT.keep_alive.strip() == b""
    body = asking(generation_config={"top_k": 1})
    assert exact(request_again(DIALECT, body)) == exact(body)
