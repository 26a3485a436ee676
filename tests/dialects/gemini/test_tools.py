"""Tools on offer, and which of them must be used."""

from typing import Any

import pytest

from gemini_wire import DIALECT, asking, dumped, rendering
from limen.dialects.gemini.tools import render_choice, render_tools, take_choice, take_tools
from limen.errors import BadRequest
from limen.model.content import CacheMark
from limen.model.request import Tool, ToolChoice
from openai_wire import exact, request_again

OPENAPI = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    "tools",
    [
        [],
        None,
        [{}],
        [{"functionDeclarations": []}],
        [{"functionDeclarations": [{"name": "f", "description": None}]}],
        [{"functionDeclarations": [{"name": "f", "description": "d", "parameters": OPENAPI, "behavior": "BLOCKING"}]}],
        [{"function_declarations": [{"name": "f", "parameters_json_schema": SCHEMA}, {"name": "g", "response": {}}]}],
        [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA, "parameters": OPENAPI}]}],
        [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": None}], "codeExecution": None}],
        [{"googleSearch": {}}, {"url_context": {}}, {"functionDeclarations": [{"name": "f"}], "codeExecution": {}}],
        [{"googleSearch": None}],
        [{"functionDeclarations": [{"name": "f"}]}, {"functionDeclarations": [{"name": "g"}]}],
        {"function_declarations": [{"name": "f", "parameters": SCHEMA}]},
        {"functionDeclarations": {"name": "f"}},
    ],
    ids=str,
)
def test_tools_come_back(tools: Any) -> None:
    """Entry by entry, with what stood together."""
    body = asking(tools=tools)
    assert exact(request_again(DIALECT, body)) == exact(body)


def test_the_hubs_tools() -> None:
    """Functions have a JSON Schema; what Google runs is kept whole."""
    entry = {"functionDeclarations": [{"name": "f", "parameters": OPENAPI}], "google_search": {"x": 1}}
    tools = take_tools({"tools": [entry]}, [])
    assert tools is not None
    assert [(tool.kind, tool.name, tool.parameters, tool.data) for tool in tools] == [
        ("function", "f", SCHEMA, None),
        ("googleSearch", "googleSearch", None, {"google_search": {"x": 1}}),
    ]


@pytest.mark.parametrize(
    ("tools", "place"),
    [
        ([1], "tools[0]"),
        ([{"functionDeclarations": [1]}], "tools[0].functionDeclarations[0]"),
        ([{"functionDeclarations": [{}]}], "tools[0].functionDeclarations[0].name"),
    ],
)
def test_what_the_provider_would_refuse_is_named(tools: Any, place: str) -> None:
    """A function needs a name."""
    with pytest.raises(BadRequest) as told:
        take_tools({"tools": tools}, [])
    assert told.value.param == place


def test_another_dialects_tools() -> None:
    """Schemas go out as they are; what only another provider runs is named."""
    built: dict[str, Any] = {}
    found = rendering()
    tools = (
        Tool("f", "d", SCHEMA, strict=True, cache=CacheMark(), extra={"odd": 1}),
        Tool("w", kind="web_search", dialect="other", data={}),
        Tool("googleSearch", kind="googleSearch", dialect="gemini", data={"googleSearch": {}}),
        Tool("g"),
    )
    render_tools(tools, built, found)
    assert built["tools"] == [
        {"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": SCHEMA}, {"name": "g"}]},
        {"googleSearch": {}},
    ]
    assert list(found.losses) == ["tools[0].odd", "tools[0].strict", "tools[0].cache_control", "tools[1]"]
    nothing: dict[str, Any] = {}
    render_tools((), nothing, found)
    assert nothing == {}


@pytest.mark.parametrize(
    ("calling", "choice"),
    [
        ({"mode": "AUTO"}, ("auto", ())),
        ({"mode": "any"}, ("required", ())),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ("named", ("f",))),
        ({"mode": "ANY", "allowed_function_names": ["f", "g"]}, ("required", ("f", "g"))),
        ({"mode": "VALIDATED"}, ("auto", ())),
        ({"mode": "NONE"}, ("none", ())),
        ({"mode": "NEW"}, None),
        ({}, None),
    ],
)
def test_choices_come_back(calling: dict[str, Any], choice: Any) -> None:
    """In their own words; a mode of another name stays where it is."""
    request = {"toolConfig": {"functionCallingConfig": dict(calling), "includeServerSideToolInvocations": True}}
    found = take_choice(request)
    assert (found and (found.mode, found.names)) == choice
    for config in ({"functionCallingConfig": calling}, {"function_calling_config": calling, "x": 1}, {}, None):
        for key in ("toolConfig", "tool_config"):
            body = asking(**{key: config})
            assert exact(request_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        (ToolChoice("auto"), {"mode": "AUTO"}),
        (ToolChoice("required"), {"mode": "ANY"}),
        (ToolChoice("named", ("f",)), {"mode": "ANY", "allowedFunctionNames": ("f",)}),
        (ToolChoice("auto", ("f",)), {"mode": "VALIDATED", "allowedFunctionNames": ("f",)}),
        (ToolChoice("none", data="none"), {"mode": "NONE"}),
    ],
)
def test_another_dialects_choice(choice: ToolChoice, calling: dict[str, Any]) -> None:
    """Names go with the modes that take them."""
    built: dict[str, Any] = {}
    render_choice(choice, built, rendering())
    assert built == {"toolConfig": {"functionCallingConfig": calling}}
    assert dumped(built)
