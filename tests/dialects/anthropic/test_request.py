"""Requests, read."""

import json
from typing import Any

import pytest

from anthropic_wire import DIALECT, parsed, sent
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.request import Message

SPELLINGS: list[dict[str, Any]] = [
    {"system": "s"},
    {"system": ""},
    {"system": []},
    {"system": None},
    {"system": [{"type": "text", "text": "a"}, {"type": "odd"}]},
    {"system": "s", "messages": [{"role": "system", "content": "t"}, {"role": "user", "content": "x"}]},
    {"messages": [{"role": "system", "content": [{"type": "tool_addition", "tool": {}}], "extra": None}]},
    {"messages": [{"role": "user", "content": []}, {"role": "user", "content": ""}]},
    {"output_format": {"type": "json_schema", "schema": {}, "more": 1}},
    {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}, "effort": "low"}},
    {"output_config": {"format": {"type": "json_schema", "schema": None}}},
    {"output_config": {"format": None}, "output_format": {"type": "json_schema"}},
    {"service_tier": "standard_only"},
    {"service_tier": "auto"},
    {"service_tier": "default"},
    {"metadata": {"user_id": "u", "x": 1}},
    {"metadata": {"user_id": None}},
    {"metadata": {}},
    {"metadata": None},
    {"temperature": 1, "top_p": 0.5, "top_k": -1, "stop_sequences": []},
    {"temperature": 1.0, "stop_sequences": None, "stream": None},
    {"stream": True, "model": ...},
    {"model": ""},
    {"anthropic_version": "bedrock-2023-05-31", "anthropic_beta": ["b"], "model": ...},
    {"container": {"skills": []}, "mcp_servers": [{"type": "url"}], "context_management": {"edits": []}},
    {"cache_control": {"type": "ephemeral"}, "inference_geo": None, "speed": "fast", "x": 10**30},
]


@pytest.mark.parametrize("changes", SPELLINGS)
def test_every_spelling_comes_back(changes: dict[str, Any]) -> None:
    """Absent is not null, 1 is not 1.0, and what is not known stays."""
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}], **changes}
    expected = {key: value for key, value in body.items() if value is not ...}
    assert json.dumps(sent(parsed(**changes)), sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_the_system_prompt_leads_the_messages() -> None:
    """As the hub has instructions; a message of role system keeps its place."""
    request = parsed(system="s", messages=[{"role": "user", "content": "x"}, {"role": "system", "content": "t"}])
    assert request.messages[0] == Message("system", (Text("s"),), plain=True)
    assert [message.role for message in request.messages] == ["system", "user", "system"]


def test_what_the_hub_sees() -> None:
    """A user, a tier in the words of others, a format, where to stop."""
    request = parsed(
        metadata={"user_id": "u"},
        service_tier="standard_only",
        output_format={"type": "json_schema", "schema": {"type": "object"}},
        stop_sequences=["a"],
        model=...,
    )
    assert (request.user, request.service_tier, request.stop, request.model) == ("u", "default", ("a",), "")
    assert request.response_format is not None
    assert (request.response_format.kind, request.response_format.schema) == ("json_schema", {"type": "object"})


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": ...}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["x"]}, "messages[0]"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"max_tokens": ...}, "max_tokens"),
        ({"max_tokens": "9"}, "max_tokens"),
        ({"system": 1}, "system"),
        ({"stop_sequences": "x"}, "stop_sequences"),
        ({"stream": 1}, "stream"),
        ({"temperature": "hot"}, "temperature"),
    ],
)
def test_what_anthropic_would_refuse(changes: dict[str, Any], param: str) -> None:
    """Named by its place."""
    with pytest.raises(BadRequest) as refused:
        parsed(**changes)
    assert refused.value.param == param


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff"])
def test_what_is_no_object(body: bytes) -> None:
    """Refused in words."""
    with pytest.raises(BadRequest, match="request body"):
        DIALECT.parse_request(body)
