"""Messages of another dialect, as turns."""

from typing import Any

from anthropic_wire import sent
from limen.dialects.anthropic.turns import lacks_thoughts
from limen.model.content import Text, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message


def send(*messages: Message, model: str = "claude-sonnet-4-5") -> tuple[Any, list[Any], list[str]]:
    losses = Losses()
    body = sent(ChatRequest(model, messages, "other"), losses)
    return body.get("system"), body["messages"], list(losses)


def user(*blocks: Any) -> Message:
    return Message("user", tuple(Text(block) if isinstance(block, str) else block for block in blocks))


def assistant(*blocks: Any) -> Message:
    return Message("assistant", tuple(Text(block) if isinstance(block, str) else block for block in blocks))


def tool(name: str, text: str = "r") -> Message:
    return Message("tool", (ToolResult(name, (Text(text),)),))


def test_instructions_leave_the_conversation() -> None:
    """Leading ones without a word, later ones with one, since they change their place."""
    system, developer = Message("system", (Text("s"),)), Message("developer", (Text("d"),))
    assert send(system, user("x")) == ("s", [{"role": "user", "content": "x"}], [])
    found = send(system, developer, user("x"), assistant("y"), system, user("z"))
    assert found[0] == [{"type": "text", "text": text} for text in ("s", "d", "s")]
    assert [turn["role"] for turn in found[1]] == ["user", "assistant", "user"]
    assert found[2] == ["messages[4]"]


def test_neighbours_of_one_role_become_one_turn() -> None:
    """Results of parallel calls, and what the user says after them, among them."""
    calls = assistant("a", ToolCall("1", "f", "{}"), ToolCall("2", "f", "{}"))
    _, turns, lost = send(user("x"), user("y"), calls, user("z"), tool("2"), tool("1"))
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block.get("tool_use_id", block.get("text")) for block in turns[2]["content"]] == ["2", "1", "z"]
    assert lost == []


def test_a_result_without_a_call_is_said_as_text() -> None:
    """Anthropic refuses it otherwise; a second result of one call too."""
    _, turns, lost = send(
        user("x"), assistant(ToolCall("1", "f", "{}")), tool("1"), tool("9", "stray"), tool("1", "again")
    )
    assert [block["type"] for block in turns[2]["content"]] == ["tool_result", "text", "text"]
    assert lost == ["messages[3].content[0]", "messages[4].content[0]"]


def test_a_call_without_a_result_has_failed() -> None:
    """In the middle, and at the end."""
    call = assistant(ToolCall("1", "f", "{}"))
    for messages in ([user("x"), call, user("y")], [user("x"), call]):
        _, turns, lost = send(*messages)
        assert turns[2]["content"][0] == {
            "type": "tool_result",
            "tool_use_id": "1",
            "content": "No result.",
            "is_error": True,
        }
        assert lost == ["messages[1].content[0].result"]


def test_empty_texts_are_left_out_and_named() -> None:
    """Also where nothing of a turn is left, so that its neighbours become one."""
    system, turns, lost = send(Message("system", (Text(""),)), user("x", " \n"), assistant(""), user("y"))
    assert (system, turns) == (
        None,
        [{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]}],
    )
    assert lost == ["messages[1].content[1]", "messages[2].content[0]", "messages[0].content[0]"]


def test_there_is_always_a_turn() -> None:
    """Instructions alone are said by the user."""
    assert send(Message("system", (Text("s"),))) == (None, [{"role": "user", "content": "s"}], ["messages"])
    assert send(user(""))[1] == [{"role": "user", "content": "Continue."}]


def test_a_begun_answer() -> None:
    """White space at its end is refused; newer models refuse it altogether and are asked to continue."""
    _, turns, lost = send(user("x"), assistant("One: \n"))
    assert (turns[1]["content"], lost) == ("One:", ["messages[-1].content"])
    _, turns, lost = send(user("x"), assistant("One:"), model="claude-sonnet-5")
    assert ([turn["role"] for turn in turns], lost) == (["user", "assistant", "user"], ["messages"])


def test_a_call_of_another_type_takes_its_result_with_it() -> None:
    """What is left of it is text."""
    _, turns, lost = send(user("x"), assistant("a", ToolCall("1", "f", "x", kind="custom")), tool("1"))
    assert turns[1:] == [{"role": "assistant", "content": "a"}, {"role": "user", "content": "r"}]
    assert lost == ["messages[2].content[0]", "messages[1].content[1]"]


def test_names_of_messages_are_lost() -> None:
    """There are none here."""
    assert send(Message("user", (Text("x"),), name="bob"))[2] == ["messages[0].name"]


def test_thoughts_that_are_lacking() -> None:
    """Only the last turn of the assistant counts, and only if it calls tools."""
    use, thought = {"type": "tool_use"}, {"type": "thinking"}
    result = {"role": "user", "content": [{"type": "tool_result"}]}
    assert lacks_thoughts([{"role": "assistant", "content": [use]}, result])
    assert not lacks_thoughts([{"role": "assistant", "content": [thought, use]}, result])
    assert not lacks_thoughts([{"role": "assistant", "content": [use]}, result, {"role": "assistant", "content": "x"}])
    assert not lacks_thoughts([result])
