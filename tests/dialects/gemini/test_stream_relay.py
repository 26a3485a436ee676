"""Streams passed on as they came."""

from functools import partial

import pytest

from corpus import streams
from gemini_wire import DIALECT, chunk, said, streamed
from limen.dialects.gemini.errors import parse_error
from limen.dialects.gemini.stream_relay import StreamRelay
from limen.errors import FaultKind, MalformedReply, ProviderReply

STREAM = b": hello\n\n" + streamed(
    chunk({"text": "a"}),
    {**chunk({"text": 'say "error"'}), "usageMetadata": {"totalTokenCount": 1}},
    {**chunk({"text": ""}, finishReason="STOP"), "usageMetadata": {"totalTokenCount": 5}},
)
ERROR = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}


def relay() -> StreamRelay:
    """A fresh one."""
    return StreamRelay(partial(parse_error, 502, ()))


def test_frames_go_through_as_they_came() -> None:
    """Whole ones only, but for a comment before the first; the end is where the provider closes."""
    for size in (1, 7, len(STREAM)):
        tap = relay()
        out = b"".join([tap.feed(STREAM[at : at + size]) for at in range(0, len(STREAM), size)])
        assert not tap.ended
        assert said(out + tap.close()) == said(STREAM)
        assert not out.startswith(b":")
        assert (tap.started, tap.ended, tap.fault) == (True, True, None)
        assert tap.usage == b'{"totalTokenCount": 5}'


def test_a_cut_stream_is_malformed() -> None:
    """Wherever it was cut: half a frame never goes out."""
    for end in range(len(STREAM) - 4):
        tap = relay()
        out = tap.feed(STREAM[:end])
        with pytest.raises(MalformedReply):
            tap.close()
        assert not tap.ended
        assert out == b"" or out.endswith((b"\n", b"\r"))


@pytest.mark.parametrize("error", [ERROR, [ERROR]])
def test_an_error_is_a_fault(error: object) -> None:
    """Nothing goes out after it."""
    tap = relay()
    assert tap.feed(streamed(chunk({"text": "a"})))
    assert tap.feed(streamed(error, chunk({"text": "b"}))) == b""
    assert isinstance(tap.fault, ProviderReply)
    assert tap.fault.kind is FaultKind.RATE_LIMITED
    assert tap.feed(STREAM) == b""
    assert tap.close() == b""


def test_a_refused_prompt_is_an_end() -> None:
    """There will be no candidate."""
    tap = relay()
    assert tap.feed(streamed({"promptFeedback": {"blockReason": "SAFETY"}}))
    tap.close()
    assert tap.ended
    assert tap.usage is None


def test_a_last_frame_without_its_blank_line() -> None:
    """Is a frame; one that can't be read is none."""
    tap = relay()
    tap.feed(STREAM.rstrip(b"\r\n"))
    assert tap.close().endswith(b"\n\n")
    broken = relay()
    with pytest.raises(MalformedReply):
        broken.feed(b'data: [{"finishReason"\n\n')


def test_frames_can_be_dressed() -> None:
    """For a surface that shows them otherwise."""
    tap = DIALECT.stream_tap(partial(parse_error, 502, ()), dress=lambda frame: frame.data[:1])
    assert tap.feed(STREAM) == b"{{{"


def test_recorded_streams_go_through() -> None:
    """Every one, to its end."""
    for name, data in streams("generateContent"):
        tap = relay()
        out = tap.feed(data) + tap.close()
        assert tap.ended, name
        assert out.rstrip() == data.rstrip(), name
