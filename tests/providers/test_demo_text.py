"""The demo provider's answers, worked out whole."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from limen.errors import BadRequest
from limen.model.content import Image, Source, Text, ToolCall, ToolResult
from limen.model.request import (
    ChatRequest,
    CompletionRequest,
    Message,
    ResponseFormat,
    Sampling,
    Tool,
    ToolChoice,
)
from limen.providers.demo_text import Reply, plan_chat, plan_completion

WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
TIME = Tool("get_time", parameters={"type": "object", "properties": {}})


def ask(text: str, *before: Message, **more: Any) -> ChatRequest:
    return ChatRequest("demo", (*before, Message("user", (Text(text),))), "openai_chat", **more)


def text_of(reply: Reply) -> str:
    return "".join("".join(part.tokens) for part in reply.parts)


def test_the_answer_quotes_what_arrived() -> None:
    """The message, the instructions, attachments, earlier turns and tools are all told back."""
    picture = Image(Source(url="https://example.com/cat.png"))
    request = ChatRequest(
        "demo",
        (
            Message("system", (Text("Be kind."),)),
            Message("user", (Text("One"),)),
            Message("assistant", (Text("Two"),)),
            Message("user", (Text("Three"), picture)),
        ),
        "openai_chat",
        tools=(WEATHER,),
    )
    text = text_of(plan_chat(request).replies[0])
    for expected in ("“Three”", "“Be kind.”", "1 attachment", "answered 1 time before", "get_weather"):
        assert expected in text


def test_the_same_request_has_the_same_answer_and_id() -> None:
    """Whether it is streamed makes no difference to the plan; another message does."""
    one, same = plan_chat(ask("Hi")), plan_chat(ask("Hi", stream=True, stream_usage=True))
    assert (one.id, one.replies, one.usage) == (same.id, same.replies, same.usage)
    assert plan_chat(ask("Ho")).id != one.id


def test_a_seed_picks_the_opening() -> None:
    """Seeds give a few different answers, each always the same."""
    answers = {seed: text_of(plan_chat(ask("Hi", sampling=Sampling(seed=seed))).replies[0]) for seed in range(20)}
    assert len(set(answers.values())) > 2
    assert answers[3] == text_of(plan_chat(ask("Hi", sampling=Sampling(seed=3))).replies[0])


def test_the_results_of_tools_are_answered_with() -> None:
    """After its calls it says what the tools said, even where a tool is demanded; the loop of an agent ends."""
    turns = (
        Message("user", (Text("get_weather and get_time [[limen: error 500]]"),)),
        Message("assistant", (ToolCall("1", "get_weather", "{}"), ToolCall("2", "get_time", "{}"))),
        Message("tool", (ToolResult("1", (Text("sunny"),), name="get_weather"),)),
        Message("tool", (ToolResult("2", (Text("noon"),)),)),
    )
    request = ChatRequest("demo", turns, "openai_chat", tools=(WEATHER, TIME), tool_choice=ToolChoice("required"))
    play = plan_chat(request)
    assert text_of(play.replies[0]).startswith("get_weather answered: “sunny”. The tool answered: “noon”.")
    assert play.script.fault is None


def test_structured_output() -> None:
    """A schema is fitted; without one it is some JSON object."""
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
    fitted = plan_chat(ask("x", response_format=ResponseFormat("json_schema", "s", schema=schema)))
    assert json.loads(text_of(fitted.replies[0])) == {"n": 3}
    loose = plan_chat(ask("x", response_format=ResponseFormat("json_object")))
    assert json.loads(text_of(loose.replies[0]))["you_wrote"] == "x"
    plain = plan_chat(ask("x", response_format=ResponseFormat("text")))
    assert text_of(plain.replies[0]).startswith("Hello!")


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_max_tokens(limit: int) -> None:
    """A bound on tokens is kept, for text and for tool arguments, and told."""
    for request in (ask("Hi", max_tokens=limit), ask("get_weather", tools=(WEATHER,), max_tokens=limit)):
        play = plan_chat(request)
        assert play.replies[0].count == limit == play.usage.output_total
        assert play.replies[0].finish == "length"


def test_a_bound_that_is_not_reached_changes_nothing() -> None:
    """An answer within its bound ends by itself."""
    assert plan_chat(ask("[[limen: say two words]]", max_tokens=2)).replies[0].finish == "stop"


def test_stop_sequences() -> None:
    """The first stop sequence that occurs ends the text, and is not part of it."""
    reply = plan_chat(ask("[[limen: say one, two; three]]", stop=("three", ", tw", "nowhere", ""))).replies[0]
    assert (text_of(reply), reply.finish, reply.stop_sequence) == ("one", "stop_sequence", ", tw")


def test_choices() -> None:
    """`n` answers differ by their number; too many are refused."""
    replies = plan_chat(ask("Hi", n=3)).replies
    assert [text_of(reply)[:8] for reply in replies] == ["(1 of 3)", "(2 of 3)", "(3 of 3)"]
    for n in (0, 129):
        with pytest.raises(BadRequest):
            plan_chat(ask("Hi", n=n))


def test_scripts() -> None:
    """What is to be said, and how long it is to be, may be asked for."""
    assert text_of(plan_chat(ask("[[limen: say exactly this]]")).replies[0]) == "exactly this"
    assert plan_chat(ask("[[limen: tokens 500]]")).usage.output_total == 500
    assert "[[limen: cut after 5]]" in text_of(plan_chat(ask("[[limen: help]]")).replies[0])
    assert plan_chat(ask("[[limen: say hi]] [[limen: cut after 99]]")).script.fault_after == 1


def test_completions() -> None:
    """Each prompt is gone on with `n` times, after itself if an echo is asked for."""
    request = CompletionRequest("demo", ("Once upon", [1, 2, 3]), "openai_completions", plain=False, n=2, echo=True)
    play = plan_completion(request)
    texts = [text_of(reply) for reply in play.replies]
    assert len(texts) == 4
    assert texts[0].startswith("Once upon … and here")
    assert texts[1] != texts[0]
    assert texts[2].startswith("1 2 3 … and here")
    short = plan_completion(msgspec.structs.replace(request, max_tokens=1, echo=None))
    assert {reply.finish for reply in short.replies} == {"length"}


def test_long_messages_are_not_said_back_whole() -> None:
    """A quote is cut, so that an answer to a huge prompt is no huge answer."""
    assert len(text_of(plan_chat(ask("word " * 100_000)).replies[0])) < 1000


def test_instructions_behind_the_question_do_not_hide_it() -> None:
    """Some agents add a system message after what their user said."""
    messages = (Message("user", (Text("[[limen: say hello]]"),)), Message("system", (Text("Tools: none."),)))
    play = plan_chat(msgspec.structs.replace(ask("x"), messages=messages))
    assert text_of(play.replies[0]) == "hello"
