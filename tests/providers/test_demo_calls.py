"""When the demo provider calls tools, and with what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from limen.errors import BadRequest
from limen.model.content import Text, ToolCall, ToolResult
from limen.model.request import ChatRequest, Message, Tool, ToolChoice
from limen.providers.demo_calls import last_results, tool_answer, tool_calls

WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
TIME = Tool("get_time", parameters={"type": "object", "properties": {}})


def calls(prompt: str, choice: int = 0, tools: tuple[Tool, ...] = (WEATHER, TIME), **more: Any) -> list[ToolCall]:
    request = ChatRequest("demo", (Message("user", (Text(prompt),)),), "openai_chat", tools=tools, **more)
    made = [part.block() for part in tool_calls(request, prompt, choice)]
    return [call for call in made if isinstance(call, ToolCall)]


@pytest.mark.parametrize(
    ("prompt", "more", "called"),
    [
        ("What is the weather?", {}, []),
        ("Use get_weather now", {}, ["get_weather"]),
        ("please get weather in Rome", {}, ["get_weather"]),
        ("widget_weather", {}, []),
        ("get_weather, then get_time", {}, ["get_weather", "get_time"]),
        ("get_weather, then get_time", {"parallel_tool_calls": False}, ["get_weather"]),
        ("get_weather", {"tool_choice": ToolChoice("none")}, []),
        ("Hi", {"tool_choice": ToolChoice("required")}, ["get_weather"]),
        ("Hi", {"tool_choice": ToolChoice("named", ("get_time",))}, ["get_time"]),
        ("get_weather", {"tool_choice": ToolChoice("auto", ("get_time",))}, []),
    ],
)
def test_which_tools_are_called(prompt: str, more: dict[str, Any], called: list[str]) -> None:
    """A tool is called where the prompt names it or the request demands it."""
    assert [call.name for call in calls(prompt, **more)] == called


@pytest.mark.parametrize("tools", [(), (WEATHER, TIME)])
def test_a_choice_of_a_tool_that_is_not_there_is_refused(tools: tuple[Tool, ...]) -> None:
    """So is it by real providers; some client libraries make this mistake for their users."""
    with pytest.raises(BadRequest, match="'any'") as caught:
        calls("Hi", tools=tools, tool_choice=ToolChoice("named", ("any",)))
    assert caught.value.param == "tool_choice"


def test_arguments_fit_the_schema() -> None:
    """Arguments are made from the tool's JSON Schema."""
    weather, time = calls("get_weather and get_time")
    assert json.loads(weather.arguments) == {"city": "city"}
    assert json.loads(time.arguments) == {}


def test_ids_tell_calls_apart_and_stay_the_same() -> None:
    """Each call of each choice has an id of its own, which is the same the next time."""
    made = [call.id for choice in (0, 1) for call in calls("get_weather and get_time", choice)]
    assert len(set(made)) == 4
    assert made == [call.id for choice in (0, 1) for call in calls("get_weather and get_time", choice)]


@pytest.mark.parametrize("parameters", [None, {}, {"type": "string"}, True])
def test_a_schema_that_is_no_object_gives_empty_arguments(parameters: Any) -> None:
    """Arguments are always an object."""
    assert json.loads(calls("odd", tools=(Tool("odd", parameters=parameters),))[0].arguments) == {}


def test_a_custom_tool_gets_plain_text() -> None:
    """A tool that takes free text is called with the prompt."""
    (call,) = calls("run shell", tools=(Tool("shell", kind="custom"),))
    assert (call.arguments, call.kind) == ("run shell", "custom")


def test_only_unanswered_results_count() -> None:
    """The results since the model last spoke, in their order."""
    old, one, two = (ToolResult(str(number), (Text(f"r{number}"),)) for number in range(3))
    turns = [
        Message("tool", (old,)),
        Message("assistant", (Text("ok"),)),
        Message("tool", (one,)),
        Message("tool", (two,)),
    ]
    assert last_results(turns) == [one, two]
    assert last_results([*turns, Message("user", (Text("and?"),))]) == []
    assert tool_answer([one, two]) == "The tool answered: “r1”. The tool answered: “r2”. That is all I know."
