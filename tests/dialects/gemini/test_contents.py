"""Turns of a conversation."""

from typing import Any

import pytest

from gemini_wire import rendering
from limen.dialects.gemini.call_ids import Pairing
from limen.dialects.gemini.contents import parse_contents, render_contents, take_instruction
from limen.dialects.gemini.proofs import DUMMY
from limen.dialects.seal import seal_id
from limen.errors import BadRequest
from limen.model.content import Proof, ServerTool, Text, Thinking, ToolCall, ToolResult
from limen.model.request import Message


def written(messages: tuple[Message, ...], model: str = "m", origin: str = "other") -> tuple[dict[str, Any], list[str]]:
    """The body's members, and the names of the losses."""
    built: dict[str, Any] = {}
    found = rendering(origin)
    render_contents(messages, built, found, model)
    return built, list(found.losses)


@pytest.mark.parametrize(
    ("content", "role"),
    [
        ({"role": "user", "parts": [{"text": "a"}]}, "user"),
        ({"role": "model", "parts": [{"text": "a"}, {"text": "b"}]}, "assistant"),
        ({"parts": [{"text": "a"}]}, "user"),
        ({"role": "", "parts": []}, "user"),
        ({"role": "model"}, "assistant"),
        ({"role": "user", "parts": {"text": "a"}, "more": 1}, "user"),
        ({"role": "function", "parts": [{"functionResponse": {"name": "f", "response": {"result": "x"}}}]}, "tool"),
        ({"role": "tool", "parts": [{"text": "a"}]}, "user"),
        ({"role": None, "parts": None}, "user"),
    ],
)
def test_contents_come_back(content: dict[str, Any], role: str) -> None:
    """Whatever they are called, and whatever they lack."""
    before = dict(content)
    [message] = parse_contents([content], Pairing())
    assert message.role == role
    assert written((message,), origin="gemini") == ({"contents": [before]}, [])


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("a", "contents[0]"),
        ({"role": "assistant", "parts": []}, "contents[0].role"),
        ({"parts": [1]}, "contents[0].parts[0]"),
    ],
)
def test_what_the_provider_would_refuse_is_named(value: Any, place: str) -> None:
    """A content that is no object, a role that there is not, a part that is none."""
    with pytest.raises(BadRequest) as told:
        parse_contents([value], Pairing())
    assert told.value.param == place


@pytest.mark.parametrize(
    "value",
    [
        "Be brief.",
        {"parts": [{"text": "a"}]},
        {"parts": {"text": ""}, "role": "user"},
        {"role": "x", "parts": [], "y": 1},
    ],
)
def test_instructions_come_back(value: Any) -> None:
    """A string, a content, a content with one part that is no list."""
    before = dict(value) if isinstance(value, dict) else value
    request = {"systemInstruction": value}
    message = take_instruction(request, Pairing())
    assert message is not None
    assert (message.role, request) == ("system", {})
    turn = Message("user", (Text("x"),))
    assert written((message, turn), origin="gemini")[0]["systemInstruction"] == before


@pytest.mark.parametrize("value", [None, 1, {}, {"parts": None}])
def test_other_instructions_stay(value: Any) -> None:
    """Where they were."""
    request = {"systemInstruction": value}
    assert take_instruction(request, Pairing()) is None
    assert request == {"systemInstruction": value}


def test_thoughts_that_the_message_has_are_not_put_in_twice() -> None:
    """An id may carry what stands there too."""
    thought = Thinking("hm", Proof("gemini", "s"))
    call = {"functionCall": {"name": "f", "args": {}, "id": seal_id("x", [thought], None)}}
    parts = [{"text": "hm", "thought": True, "thoughtSignature": "s"}, call]
    [message] = parse_contents([{"role": "model", "parts": parts}], Pairing())
    assert [type(block) for block in message.blocks] == [Thinking, ToolCall]


def test_another_dialects_turns_are_joined_and_results_come_first() -> None:
    """Gemini wants all results of a step in one content; instructions stand in front, later ones are the user's words."""
    built, lost = written(
        (
            Message("system", (Text("a"),)),
            Message("developer", (Text("b"),)),
            Message("user", (Text("c"),), name="ann"),
            Message("assistant", (ToolCall("1", "f", "{}"), ToolCall("2", "g", "{}"))),
            Message("tool", (ToolResult("1", (Text("x"),)),)),
            Message("user", (Text("d"),)),
            Message("tool", (ToolResult("2", (Text("y"),)),)),
            Message("system", (Text("e"),)),
            Message("assistant", (ServerTool("other", 1),)),
        )
    )
    assert built["systemInstruction"] == {"parts": [{"text": "a"}, {"text": "b"}]}
    roles = [(content["role"], [next(iter(part)) for part in content["parts"]]) for content in built["contents"]]
    assert roles == [
        ("user", ["text"]),
        ("model", ["functionCall", "functionCall"]),
        ("user", ["functionResponse", "functionResponse", "text", "text"]),
    ]
    assert [part["functionResponse"]["name"] for part in built["contents"][2]["parts"][:2]] == ["f", "g"]
    assert lost == ["messages[2].name", "messages[7].role", "messages[8].content[0]"]


def test_instructions_alone_are_the_users_words() -> None:
    """A request without a content is none."""
    built, lost = written((Message("system", (Text("a"),)),))
    assert built == {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}
    assert lost == ["messages[0].role"]


def test_a_conversation_with_nothing_to_say_is_refused() -> None:
    """In words, before the provider does."""
    for messages in ((), (Message("user", ()),), (Message("assistant", (ServerTool("other", 1),)),)):
        with pytest.raises(BadRequest, match="nothing in it"):
            written(messages)


CONVERSATION = (
    Message("user", (Text("a"),)),
    Message("assistant", (ToolCall("0", "f", "{}"),)),
    Message("tool", (ToolResult("0", (Text("x"),)),)),
    Message("user", (Text("b"),)),
    Message("assistant", (ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}"))),
    Message("tool", (ToolResult("1", (Text("x"),)), ToolResult("2", (Text("x"),)))),
    Message("assistant", (ToolCall("3", "f", "{}", proof=Proof("gemini", "s")),)),
    Message("tool", (ToolResult("3", (Text("x"),)),)),
)


@pytest.mark.parametrize("model", ["gemini-3-flash-preview", "gemini-3.1-pro-preview", "gemini-flash-latest"])
def test_unsigned_calls_of_the_current_turn_get_the_documented_stand_in(model: str) -> None:
    """The first of each step, where no Gemini model signed it; earlier turns are not looked at by the provider."""
    built, lost = written(CONVERSATION, model)
    signed = [
        part.get("thoughtSignature")
        for content in built["contents"]
        for part in content["parts"]
        if "functionCall" in part
    ]
    assert signed == [None, DUMMY, None, "s"]
    assert lost == ["contents[3].thoughtSignature"]


def test_models_that_do_not_look_for_signatures_get_none() -> None:
    """In Gemini's own words neither; to one that looks, a client may bring calls of another provider's model."""
    assert DUMMY not in str(written(CONVERSATION, "gemini-2.5-flash"))
    assert DUMMY not in str(written(CONVERSATION, "gemini-2.5-flash", origin="gemini"))
    assert DUMMY in str(written(CONVERSATION, "gemini-3-flash", origin="gemini"))
