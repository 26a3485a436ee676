"""All dialects together: whatever the hub holds, each can write it, read it again, and name what it could not say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import hub_strategies as hub
from dialect_list import can_stream, chat_dialects
from limen.dialects.base import AnyDialect
from limen.errors import BadRequest
from limen.model.events import BlockDelta, BlockStart, Event, Failure, Finish
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse

MARK = re.compile(r"zq\d{7}")
EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
DIALECTS = chat_dialects()


def vanished(value: Any, written: bytes, losses: Losses) -> set[str]:
    """The marks in `value` that are not in `written`, where nothing at all is said to be lost."""
    gone = set(MARK.findall(repr(value))) - set(MARK.findall(written.decode("utf-8", "replace")))
    return set() if losses else gone


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@EXAMPLES
@given(request=hub.requests())
def test_any_request_can_be_written_and_read(dialect: AnyDialect, request: ChatRequest) -> None:
    """No crash; what was written is read again; nothing vanishes in silence."""
    losses = Losses()
    try:
        body = dialect.render_request(request, losses)
    except BadRequest:
        return  # It says, in words, that this dialect can't ask that.
    if not losses and dialect.name != "mlflow_chat":  # Its clients may not name a model.
        dialect.parse_request(body)
    assert vanished(request, body, losses) == set()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@EXAMPLES
@given(response=hub.responses())
def test_any_answer_can_be_written_and_read(dialect: AnyDialect, response: ChatResponse) -> None:
    """No crash; what was written is read again; nothing vanishes in silence."""
    losses = Losses()
    body = dialect.render_response(response, losses)
    dialect.parse_response(body)
    assert vanished(response, body, losses) == set()


# Bedrock wraps Claude's events in a framing of its own, which only a provider writes.
WRITTEN_AS_READ = [each for each in DIALECTS if can_stream(each) and each.name != "bedrock_claude"]


@pytest.mark.parametrize("dialect", WRITTEN_AS_READ, ids=lambda each: each.name)
@EXAMPLES
@given(events=hub.streams())
def test_any_stream_can_be_written_and_read(dialect: AnyDialect, events: list[Event]) -> None:
    """No crash; it is whole again, its texts in order; nothing vanishes in silence."""
    losses = Losses()
    request = ChatRequest("m", (), hub.FOREIGN, stream=True, stream_usage=True)
    renderer = dialect.stream_renderer(request, losses)
    data = b"".join([renderer.render(event) for event in events]) + renderer.end()
    assert vanished(events, data, losses) == set()
    framer, parser = dialect.stream_framer(), dialect.stream_parser()
    found = [event for frame in framer.feed(data) for event in parser.feed(frame)]
    rest = framer.close()
    found += [*(parser.feed(rest) if rest else ()), *parser.close()]
    assert parser.ended
    # Cohere has no other word for these than an error.
    stopped = any(isinstance(event, Finish) and event.reason in ("content_filter", "error") for event in events)
    assert stopped or not any(isinstance(event, Failure) for event in found)
    opened: set[tuple[int, int]] = set()
    for event in found:
        if isinstance(event, BlockStart):
            opened.add((event.choice, event.block))
        elif isinstance(event, BlockDelta):
            assert (event.choice, event.block) in opened
