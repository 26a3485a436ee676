"""A request of this dialect as others can take it."""

import json
from typing import Any

import pytest

from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.responses.translation import original_of, translate_request
from limen.errors import BadRequest
from limen.model.content import Text, Thinking, ToolCall, ToolResult
from limen.model.events import BlockDelta, BlockStart, BlockStop, Finish, Start
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from openai_wire import bare, events
from responses_wire import ask, call, datas, message, sse, thought, told, written

PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: X"},
}
SHELL = {"type": "local_shell"}
FUNCTION = {"type": "function", "name": "update_plan", "parameters": {"type": "object"}, "strict": False}


def codex(*items: Any, **more: Any) -> ChatRequest:
    """A request as Codex sends it."""
    question = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix it."}]}
    said = {
        "instructions": "You are a coding agent.",
        "tools": [SHELL, PATCH, FUNCTION, {"type": "web_search"}],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning": {"effort": "medium", "summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "session",
        **more,
    }
    return ask(question, *items, **said)


def test_what_codex_sends_can_be_served_by_any_provider() -> None:
    """Its first turn: every tool that a client runs is a function; what is lost has its name."""
    losses = Losses()
    request = translate_request(codex(), losses)
    assert [tool.name for tool in request.tools or ()] == ["local_shell", "apply_patch", "update_plan"]
    sent = json.loads(OpenAIChat().render_request(request, losses))
    assert sent["tools"][1]["function"]["parameters"]["required"] == ["input"]
    assert set(losses) == {"tools[3]", "tools[1].format", "prompt_cache_key", "reasoning.summary"}


def test_what_codex_sends_back_is_the_conversation() -> None:
    """Calls and outputs of free-form tools, shells and functions are those of functions."""
    action = {"type": "exec", "command": ["ls"], "env": None, "timeout_ms": 5}
    request = codex(
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": None},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "On it."}]},
        {
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "c1",
            "name": "apply_patch",
            "input": "*** Begin",
        },
        {"type": "local_shell_call", "call_id": "c2", "status": "completed", "action": action},
        {"type": "custom_tool_call_output", "call_id": "c1", "output": "Done"},
        {"type": "local_shell_call_output", "call_id": "c2", "output": "a.py"},
        {"type": "apply_patch_call_output", "call_id": "c3", "status": "failed"},
    )
    found = translate_request(request, Losses()).messages[2:]
    assert [(m.role, tuple([bare(block) for block in m.blocks])) for m in found] == [
        (
            "assistant",
            (
                Thinking("Hm."),
                Text("On it."),
                ToolCall("c1", "apply_patch", '{"input":"*** Begin"}'),
                ToolCall("c2", "local_shell", '{"command":["ls"],"timeout_ms":5}'),
            ),
        ),
        ("tool", (ToolResult("c1", (Text("Done"),)),)),
        ("tool", (ToolResult("c2", (Text("a.py"),)),)),
        ("tool", (ToolResult("c3", (Text("failed"),), is_error=True),)),
    ]


def test_codex_gets_the_calls_that_it_knows() -> None:
    """From a provider that called functions: whole, and only once all arguments are here."""
    request = translate_request(codex(), Losses())
    start = [Start("chatcmpl-1", "m", "other", 1)]
    patch = [BlockStart(0, ToolCall("c1", "apply_patch", "")), BlockDelta(0, '{"input":"***'), BlockDelta(0, ' End"}')]
    shell = [BlockStart(1, ToolCall("c2", "local_shell", "")), BlockDelta(1, '{"command":["ls"]}')]
    found = [*start, *patch, *shell, BlockStop(0), BlockStop(1), Finish("tool_calls", "tool_calls")]
    said = datas(written(found, request))
    done = [event["item"] for event in said if event["type"] == "response.output_item.done"]
    assert [(item["type"], item["call_id"]) for item in done] == [
        ("custom_tool_call", "c1"),
        ("local_shell_call", "c2"),
    ]
    assert (done[0]["input"], done[1]["action"]["command"]) == ("*** End", ["ls"])
    deltas = [event["delta"] for event in said if event["type"] == "response.custom_tool_call_input.delta"]
    assert deltas == ["*** End"]
    assert said[-1]["response"]["tools"][:2] == [SHELL, PATCH]
    assert said[-1]["response"]["output"] == done


STORED: list[tuple[dict[str, Any], str]] = [
    ({"previous_response_id": "r"}, "previous_response_id"),
    ({"conversation": {"id": "c"}}, "conversation"),
    ({"prompt": {"id": "p"}}, "prompt"),
    ({"background": True}, "background"),
    ({"input": [{"type": "item_reference", "id": "x"}]}, "input"),
    ({"input": [{"id": "x"}]}, "input"),
    ({"input": [{"type": "compaction", "encrypted_content": "x"}]}, "input"),
]


@pytest.mark.parametrize(("more", "param"), STORED)
def test_what_a_server_has_stored_is_refused(more: dict[str, Any], param: str) -> None:
    """The message says what, why and what to send instead."""
    with pytest.raises(BadRequest, match="To mend it") as error:
        translate_request(ask(**more), Losses())
    assert (error.value.param, error.value.code) == (param, "unsupported_parameter")


def test_storing_is_a_loss_only_where_it_is_asked_for() -> None:
    """Left out, or false, it is what limen does anyway."""
    for more, lost in (({}, []), ({"store": False}, []), ({"store": True}, ["store"])):
        losses = Losses()
        OpenAIChat().render_request(translate_request(ask(**more), losses), losses)
        assert list(losses) == lost


def test_items_of_this_wire_alone_are_left_out_by_name() -> None:
    """A message of which nothing is left is left out too; items that bring tools bring them."""
    losses = Losses()
    items = [{"type": "web_search_call", "id": "w"}, thought(summary=[], encrypted_content=None), message()]
    more = {"type": "additional_tools", "role": "developer", "tools": [FUNCTION]}
    found = translate_request(ask(*items, {"type": "mcp_approval_response"}, more), losses)
    assert [tuple([bare(block) for block in m.blocks]) for m in found.messages] == [(Text("Hello"),)]
    assert set(losses) == {"messages[0].content[0]", "messages[0].content[1]", "messages[1].content[0]"}
    assert [tool.name for tool in found.tools or ()] == ["update_plan"]


def test_a_choice_is_one_among_functions() -> None:
    """A tool that is not there can't be forced."""
    named, hosted = {"type": "custom", "name": "apply_patch"}, {"type": "web_search"}
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [hosted]}
    losses = Losses()
    found = [translate_request(codex(tool_choice=each), losses).tool_choice for each in (named, hosted, allowed)]
    assert [choice and (choice.mode, choice.names) for choice in found] == [
        ("named", ("apply_patch",)),
        None,
        ("required", ()),
    ]
    assert "tool_choice" in losses
    assert translate_request(ask(tool_choice="auto"), Losses()).tool_choice is None


def test_a_namespace_is_in_the_name() -> None:
    """Of the call, as it is in that of the tool; the client's own request is kept beside."""
    space = {"type": "namespace", "name": "mcp", "description": "", "tools": [{"type": "function", "name": "add"}]}
    request = ask(call(namespace="mcp"), tools=[space])
    found = translate_request(request, Losses())
    assert found.messages[0].blocks[0].name == "mcp__add"  # type: ignore[union-attr]
    assert (original_of(found), original_of(request)) == (request, request)


def test_codex_can_loop_through_another_dialects_provider() -> None:
    """A thought and a free-form call, answered by Anthropic and sent back: the signature comes home, the call is a function's."""
    there = AnthropicMessages()
    opening = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [],
        "usage": {"input_tokens": 5},
    }
    use = {"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": {}}
    stream = sse(
        told("message_start", message=opening),
        told("content_block_start", index=0, content_block={"type": "thinking", "thinking": "", "signature": ""}),
        told("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm."}),
        told("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "SIG"}),
        told("content_block_stop", index=0),
        told("content_block_start", index=1, content_block=use),
        told(
            "content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": '{"input":"*** Begin"}'}
        ),
        told("content_block_stop", index=1),
        told("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 9}),
        told("message_stop"),
    )
    said = datas(written(events(there, stream), translate_request(codex(), Losses())))
    items = [event["item"] for event in said if event["type"] == "response.output_item.done"]
    assert [item["type"] for item in items] == ["reasoning", "custom_tool_call"]
    back = [{key: value for key, value in item.items() if key != "id"} for item in items]  # Codex sends no ids.
    output = {"type": "custom_tool_call_output", "call_id": items[1]["call_id"], "output": "Done"}
    request = translate_request(codex(*back, output), Losses())
    sent = json.loads(there.render_request(request, Losses()))["messages"][1:]
    assert sent[0]["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": "SIG"},
        {**use, "input": {"input": "*** Begin"}},
    ]
    assert sent[1]["content"][0]["tool_use_id"] == "toolu_1"
