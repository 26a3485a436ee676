"""Tools that only this dialect can offer, as functions."""

from typing import Any

from limen.dialects.responses.client_tools import ClientTools, namespaced, wrap_input
from limen.model.request import Tool
from responses_wire import WIRE


def tool(**data: Any) -> Tool:
    return Tool(data.get("name", data["type"]), kind=data["type"], dialect=WIRE, data=data)


PATCH = tool(
    type="custom", name="apply_patch", description="D", format={"type": "grammar", "syntax": "lark", "definition": "G"}
)
SPACE = tool(
    type="namespace",
    name="mcp",
    description="",
    tools=[{"type": "function", "name": "read", "parameters": {}}, {"type": "custom", "name": "raw"}, 3],
)


def test_a_free_form_tool_is_a_function_with_one_string() -> None:
    """Its grammar is told in words, and a call of it is free-form again, whatever the model wrote."""
    tools = ClientTools([PATCH])
    offered = tools.offered[0]
    assert (offered.name, offered.kind, offered.description) == ("apply_patch", "function", "D")
    assert offered.parameters["required"] == ["input"]
    assert "lark grammar:\nG" in offered.parameters["properties"]["input"]["description"]
    assert tools.call("apply_patch", wrap_input("a\n"))["input"] == "a\n"
    for odd in ("not json", "[]", '{"input":1}', "\ud83d"):
        assert tools.call("apply_patch", odd) == {"type": "custom_tool_call", "name": "apply_patch", "input": odd}


def test_shells_and_patches_have_the_members_of_their_actions() -> None:
    """A call that is no object stays a function's."""
    tools = ClientTools([tool(type="local_shell"), tool(type="shell"), tool(type="apply_patch")])
    assert [each.name for each in tools.offered] == ["local_shell", "shell", "apply_patch"]
    action = {"type": "exec", "env": {}, "command": ["ls"]}
    assert tools.call("local_shell", '{"command":["ls"]}') == {"type": "local_shell_call", "action": action}
    assert tools.call("apply_patch", '{"path":"a"}') == {"type": "apply_patch_call", "operation": {"path": "a"}}
    assert tools.call("shell", "x") == {"type": "function_call", "name": "shell", "arguments": "x"}
    assert tools.is_whole("shell")


def test_a_namespace_is_spread_out() -> None:
    """Its calls have their name and namespace back."""
    tools = ClientTools([SPACE])
    assert [each.name for each in tools.offered] == ["mcp__read", "mcp__raw"]
    assert tools.call("mcp__read", "{}") == {
        "type": "function_call",
        "name": "read",
        "arguments": "{}",
        "namespace": "mcp",
    }
    assert tools.call("mcp__raw", wrap_input("a"))["namespace"] == "mcp"
    assert (tools.is_whole("mcp__read"), len(namespaced("n" * 99, "f"))) == (False, 64)


def test_other_tools_are_left_out() -> None:
    """Functions stay as they are, and a call of an unknown one is a function's."""
    function, search = Tool("f"), tool(type="web_search")
    tools = ClientTools([function, search])
    assert (tools.offered, tools.left_out, tools.call("g", "")["name"]) == ([function], [search], "g")
