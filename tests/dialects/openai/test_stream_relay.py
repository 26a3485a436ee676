"""The relay of a stream: bytes through, a tap beside."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.openai.stream_relay import StreamRelay
from limen.errors import FaultKind, MalformedReply, ProviderReply


def read_error(body: bytes) -> ProviderReply:
    return ProviderReply(json.loads(body)["error"]["message"], status=502, kind=FaultKind.OVERLOADED, body=body)


def frame(**body: object) -> bytes:
    return b"data: " + json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def token(text: str, **more: object) -> bytes:
    return frame(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}], **more)


FINISH = frame(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
USAGE = frame(choices=[], usage={"prompt_tokens": 3, "total_tokens": 5})
DONE = b"data: [DONE]\n\n"


def run(relay: StreamRelay, *chunks: bytes) -> bytes:
    return b"".join([relay.feed(chunk) for chunk in chunks]) + relay.close()


@given(st.lists(st.integers(0, 10_000)))
def test_bytes_go_through_untouched_for_any_split(cuts: list[int]) -> None:
    """Whatever the split, the client gets exactly the provider's bytes."""
    whole = token("a\u2028b") + token('"usage" "error" [DONE]') + b": ping\n\n" + FINISH + USAGE + DONE
    points = sorted({c % len(whole) for c in cuts})
    chunks = [whole[a:b] for a, b in zip([0, *points], [*points, len(whole)], strict=True)]
    relay = StreamRelay(read_error)
    assert run(relay, *chunks) == whole
    assert relay.ended
    assert relay.usage == b'{"prompt_tokens":3,"total_tokens":5}'


@given(st.integers(1, 400))
def test_usage_nobody_asked_for_is_hidden_but_seen(size: int) -> None:
    """The frame that only carries usage is left out for a client that did not ask, and still read."""
    whole = token("a", usage=None) + FINISH + USAGE + DONE
    relay = StreamRelay(read_error, hide_usage=True)
    assert (
        run(relay, *[whole[i : i + size] for i in range(0, len(whole), size)]) == token("a", usage=None) + FINISH + DONE
    )
    assert relay.usage is not None


def test_usage_beside_an_answer_is_not_hidden() -> None:
    """A provider that puts usage into the last chunk of the answer keeps that chunk."""
    last = frame(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}], usage={"total_tokens": 5})
    assert run(StreamRelay(read_error, hide_usage=True), token("a") + last + DONE) == token("a") + last + DONE


def test_half_a_frame_is_never_sent() -> None:
    """Of an incomplete frame nothing goes out, so that a break leaves the client between two events."""
    relay = StreamRelay(read_error)
    assert relay.feed(token("a") + token("b")[:20]) == token("a")


def test_a_stream_without_its_end_is_broken() -> None:
    """No end marker and no finish reason: the answer was cut, whatever the transport says."""
    relay = StreamRelay(read_error)
    relay.feed(token("a"))
    with pytest.raises(MalformedReply, match="end marker"):
        relay.close()


def test_an_empty_stream_is_broken() -> None:
    """A 200 with no event at all is no answer."""
    with pytest.raises(MalformedReply):
        StreamRelay(read_error).close()


def test_a_missing_done_after_the_finish_reason_is_supplied() -> None:
    """Some servers close after the last finish reason; the client still gets its end marker."""
    assert run(StreamRelay(read_error), token("a") + FINISH) == token("a") + FINISH + DONE


def test_an_end_marker_with_white_space_is_one() -> None:
    """Some servers write `[DONE] `, and what they wrote goes on."""
    relay = StreamRelay(read_error)
    assert run(relay, token("a"), b"data: [DONE] \n\n") == token("a") + b"data: [DONE] \n\n"
    assert relay.ended


def test_a_last_frame_without_its_blank_line_counts() -> None:
    """`data: [DONE]` right before the end of the bytes is the end marker."""
    assert run(StreamRelay(read_error), token("a"), b"data: [DONE]") == token("a") + DONE


def test_an_error_event_is_a_fault_and_ends_the_stream() -> None:
    """An error inside a 200 is found out; what follows it is not sent."""
    relay = StreamRelay(read_error)
    out = relay.feed(token("a") + frame(error={"message": "overloaded"}) + token("b"))
    assert out == token("a")
    assert relay.fault is not None
    assert relay.fault.message == "overloaded"


def test_comments_before_the_first_event_do_not_start_the_answer() -> None:
    """`: PROCESSING` before the first event must not commit the reply to a status."""
    relay = StreamRelay(read_error)
    assert relay.feed(b": PROCESSING\n\n") == b""
    assert not relay.started
    assert relay.feed(token("a")) == token("a")


def test_a_broken_event_with_usage_is_malformed() -> None:
    """An event that must be read and can't be is a fault of the provider."""
    with pytest.raises(MalformedReply, match="not valid JSON"):
        StreamRelay(read_error).feed(b'data: {"usage": {]}\n\n')


def test_dressed_frames_are_changed_and_lose_the_end_marker() -> None:
    """A surface whose dialect has no `[DONE]` gets its own form of each frame, and none."""
    relay = StreamRelay(read_error, dress=lambda f: b"<" + f.data + b">")
    out = run(relay, token("a") + FINISH + DONE)
    assert out.count(b"<") == 2
    assert b"[DONE]" not in out
