"""Turns, and the system blocks before them."""

from typing import Any

from bedrock_wire import DIALECT, request_of, text, written
from limen.dialects.bedrock.messages import FIRST_TURN, has_tools, thinks_without_proof
from limen.model.content import Text, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import Message


def user(*texts: str) -> Message:
    return Message("user", tuple([Text(each) for each in texts]))


CALLS = Message("assistant", (ToolCall("a", "t", "{}"), ToolCall("b", "t", "{}")))
A, B = Message("tool", (ToolResult("a", (Text("1"),)),)), Message("tool", (ToolResult("b", (Text("2"),)),))


def kinds(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(turn["role"], [next(iter(block)) for block in turn["content"]]) for turn in body["messages"]]


def test_instructions_go_before_the_turns() -> None:
    """Later ones are moved there, and named."""
    losses = Losses()
    system = Message("system", (Text("a"),)), Message("developer", (Text("b"),))
    body = written(request_of(*system, user("hi"), Message("system", (Text("c"),))), losses)
    assert body["system"] == [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    assert list(losses) == ["messages[3]"]


def test_results_stand_right_after_their_calls() -> None:
    """In one turn of the user's, before what else the user says, whoever wrote them how."""
    body = written(request_of(user("hi"), CALLS, A, user("and?"), B))
    assert kinds(body)[1:] == [("assistant", ["toolUse", "toolUse"]), ("user", ["toolResult", "toolResult", "text"])]
    one = Message("user", (Text("and?"), *A.blocks, *B.blocks))
    assert kinds(written(request_of(user("hi"), CALLS, one))) == kinds(body)


def test_turns_alternate() -> None:
    """Neighbours of one role are merged, and turns that say nothing are left out."""
    body = written(request_of(user("a"), user(""), user("b"), Message("assistant", (Text("c"),)), user("d")))
    assert kinds(body) == [("user", ["text", "text"]), ("assistant", ["text"]), ("user", ["text"])]


def test_the_user_has_the_first_word() -> None:
    """One is added where a conversation begins otherwise, or not at all, and named."""
    for turns in ((Message("assistant", (Text("Hello."),)),), (Message("system", (Text("s"),)),)):
        losses = Losses()
        body = written(request_of(*turns), losses)
        assert body["messages"][0] == {"role": "user", "content": [{"text": FIRST_TURN}]}
        assert list(losses) == ["messages"]


def test_names_of_participants_are_lost() -> None:
    """Bedrock has none."""
    losses = Losses()
    written(request_of(Message("user", (Text("a"),), name="zoe")), losses)
    assert list(losses) == ["messages[0].name"]


def test_system_turns_of_newer_models_stay_where_they_are() -> None:
    """They are read as instructions, and come back in their place."""
    body = {"messages": [{"role": "user", "content": [{"text": "a"}]}, {"role": "system", "content": [{"text": "b"}]}]}
    request = DIALECT.parse_request(text(body))
    assert request.messages[1].role == "system"
    assert DIALECT.render_request(request, Losses()) == text(body).replace(b": ", b":").replace(b", ", b",")


def test_what_the_turns_tell() -> None:
    """Whether tools are in them, and whether the last calls came without a thought."""
    call, thought = {"toolUse": {}}, {"reasoningContent": {}}
    plain = [{"role": "assistant", "content": [{"text": "a"}]}]
    assert not has_tools(plain)
    assert has_tools([{"role": "user", "content": [{"toolResult": {}}]}])
    assert thinks_without_proof([{"role": "assistant", "content": [call]}, {"role": "user", "content": []}])
    assert not thinks_without_proof([{"role": "assistant", "content": [thought, call]}])
    assert not thinks_without_proof(plain)
