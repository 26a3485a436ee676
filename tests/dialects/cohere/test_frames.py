"""The frames of a stream."""

from limen.dialects.cohere import frames


def test_a_frame_has_its_type_for_a_name() -> None:
    """Or none, where the stream had none."""
    assert frames.written({"type": "debug"}, "debug") == b'event: debug\ndata: {"type":"debug"}\n\n'
    assert frames.written({"type": "debug"}, None) == b'data: {"type":"debug"}\n\n'


def test_pieces_stand_under_the_message() -> None:
    """With their number, but for a plan, which has none."""
    assert frames.content_delta(1, "text", "a") == {
        "type": "content-delta",
        "index": 1,
        "delta": {"message": {"content": {"text": "a"}}},
    }
    assert frames.plan_delta("a") == {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "a"}}}
    assert frames.message_end("COMPLETE", None) == {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}}
