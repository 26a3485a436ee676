"""Streams, passed on."""

import json

import pytest

from limen.dialects.ollama.errors import parse_error
from limen.dialects.ollama.stream_relay import LineRelay
from limen.errors import MalformedReply
from ollama_wire import HEAD, lines

TEXT = {**HEAD, "message": {"role": "assistant", "content": '"done":true "error"'}, "done": False}
CALL = {"tool_calls": [{"function": {"name": "f", "arguments": {"done": True, "error": "x"}}}]}
LAST = {**HEAD, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}


def compact(*values: object) -> bytes:
    return b"".join(json.dumps(value, separators=(",", ":")).encode() + b"\n" for value in values)


def relay() -> LineRelay:
    return LineRelay(lambda data: parse_error(502, [], data))


@pytest.mark.parametrize("write", [compact, lines])
def test_every_split_passes_the_same_bytes(write: object) -> None:
    """Whatever the spacing; only the last line ends the answer, whatever texts and arguments say."""
    assert callable(write)
    stream = write(TEXT, {**HEAD, "message": CALL, "done": False}, TEXT, LAST)
    for cut in range(len(stream)):
        tap = relay()
        out = tap.feed(stream[:cut])
        assert not tap.ended or cut == len(stream)
        out += tap.feed(stream[cut:]) + tap.close()
        assert out == stream
        assert tap.started
        assert tap.ended


def test_only_whole_lines_go_on() -> None:
    """A break never leaves half a line at the client."""
    tap = relay()
    assert tap.feed(compact(TEXT) + b'{"mod') == compact(TEXT)
    with pytest.raises(MalformedReply):
        tap.close()


def test_an_error_becomes_a_fault() -> None:
    """Nothing goes on after it."""
    tap = relay()
    assert tap.feed(compact(TEXT, {"error": "no"}, TEXT)) == compact(TEXT)
    assert tap.fault is not None
    assert tap.fault.message == "no"
    assert tap.feed(compact(TEXT)) == tap.close() == b""


def test_the_last_line_needs_no_end() -> None:
    """The client gets one."""
    tap = relay()
    out = tap.feed(compact(TEXT, LAST)[:-1]) + tap.close()
    assert out == compact(TEXT, LAST)
    assert tap.ended


def test_a_cut_stream_never_looks_whole() -> None:
    """Without the last line it is broken; what is no JSON object is too."""
    tap = relay()
    tap.feed(compact(TEXT))
    with pytest.raises(MalformedReply, match="last line"):
        tap.close()
    with pytest.raises(MalformedReply):
        relay().feed(b"<html>\n")


def test_nothing_follows_the_end() -> None:
    """What a server sends after the last line stays here."""
    assert relay().feed(compact(LAST, TEXT)) == compact(LAST)


def test_lines_can_be_dressed() -> None:
    """For a surface that shows them otherwise."""
    tap = LineRelay(lambda data: parse_error(502, [], data), lambda frame: b"<" + frame.data + b">")
    assert tap.feed(compact(LAST)) == b"<" + compact(LAST).strip() + b">"
