"""The full answer."""

from typing import Any

import pytest

from corpus import bodies
from crossing import unnamed_in_response
from gemini_wire import DIALECT, answering, dumped
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import MalformedReply
from limen.model.content import Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from openai_wire import exact, response_again

CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}
ANSWERS: list[dict[str, Any]] = [
    answering({"text": "a"}),
    answering({"text": "hm", "thought": True}, {"text": "a", "thoughtSignature": "s"}, avgLogprobs=-0.5),
    answering(CALL, CALL, {"functionCall": {"name": "g", "id": "x"}}),
    {**answering({"text": "a"}), "createTime": "2026-01-02T03:04:05.678901Z", "usageMetadata": {"promptTokenCount": 1}},
    {**answering(), "createTime": "odd", "usageMetadata": None, "modelVersion": "", "responseId": None},
    {"candidates": [{"finishReason": "SAFETY", "safetyRatings": [{"category": 7}]}]},
    {"candidates": [{"content": {}, "finishReason": 2, "index": 1}, {"content": {"role": "user", "parts": None}}]},
    {"candidates": [{"content": {"role": "model", "x": 1}, "logprobsResult": {"chosenCandidates": []}, "index": None}]},
    {"candidates": []},
    {"promptFeedback": {"blockReason": "SAFETY"}},
    {"promptFeedback": {"blockReason": "OTHER"}, "candidates": []},
    {"candidates": "odd"},
    {"candidates": [1]},
    {},
]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_answers_come_back(answer: dict[str, Any]) -> None:
    """With what they say, and without what they don't."""
    body = dumped(answer)
    assert exact(response_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b'"a"', b"[{}]", b"null"])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    """Anything but an object."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(body)


def test_the_hubs_answer() -> None:
    """Blocks, why it ended, the time in seconds."""
    answer = DIALECT.parse_response(
        dumped({**answering({"text": "a"}, CALL, CALL), "createTime": "2026-01-02T03:04:05Z"})
    )
    [choice] = answer.choices
    assert [type(block) for block in choice.blocks] == [Text, ToolCall, ToolCall]
    assert (choice.finish, choice.raw_finish) == ("tool_calls", "STOP")
    assert (answer.id, answer.model, answer.created) == ("r1", "gemini-x", 1767323045)
    first, second = (block.id for block in choice.blocks[1:] if isinstance(block, ToolCall))
    assert first != second


def test_a_refused_prompt_is_a_choice_that_says_so() -> None:
    """So that a client of another dialect learns why there is nothing."""
    [choice] = DIALECT.parse_response(dumped({"promptFeedback": {"blockReason": "SAFETY"}})).choices
    assert (choice.blocks, choice.finish, choice.raw_finish) == ((), "content_filter", "SAFETY")


def test_another_dialects_answer() -> None:
    """As Gemini would have given it; what has no place is named."""
    losses = Losses()
    choice = Choice(0, (Thinking("hm"), Text("a")), "stop_sequence", "end", "X", logprobs={"content": []})
    usage = Usage(input_uncached=1, output_text=2, dialect="other")
    answer = ChatResponse("id", "m", (choice,), "other", usage, 1767323045, "default", {"odd": 1})
    body = DIALECT.render_response(answer, losses)
    assert exact(body) == exact(
        dumped(
            {
                "candidates": [
                    {
                        "content": {"parts": [{"text": "hm", "thought": True}, {"text": "a"}], "role": "model"},
                        "index": 0,
                        "finishReason": "STOP",
                    }
                ],
                "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3},
                "modelVersion": "m",
                "responseId": "id",
                "createTime": "2026-01-02T03:04:05Z",
            }
        )
    )
    assert list(losses) == ["choices[0].logprobs", "stop_sequence", "odd"]


def test_a_time_that_no_calendar_has_is_named() -> None:
    """Some servers count milliseconds."""
    losses = Losses()
    DIALECT.render_response(ChatResponse("id", "m", (), "other", created=1753879075170), losses)
    assert list(losses) == ["created"]


def test_recorded_answers_come_back() -> None:
    """Every full answer."""
    for name, body in bodies("generateContent", "response"):
        assert exact(response_again(DIALECT, body)) == exact(body), name


def test_recorded_answers_cross_to_openai() -> None:
    """Leaf by leaf, each arrives or is named."""
    for name, body in bodies("generateContent", "response"):
        assert unnamed_in_response(body, DIALECT, OpenAIChat()) == [], name


def test_recorded_answers_cross_from_openai() -> None:
    """Whoever gave them."""
    for name, body in bodies("chat", "response"):
        assert unnamed_in_response(body, OpenAIChat(), DIALECT) == [], name
