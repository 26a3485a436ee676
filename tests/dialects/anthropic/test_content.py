"""Content blocks, read."""

from typing import Any

import pytest

from anthropic_wire import parsed, sent
from limen.dialects.anthropic.content import parse_block
from limen.dialects.seal import seal_id, seal_proof
from limen.errors import BadRequest
from limen.model.content import (
    CacheMark,
    Document,
    Image,
    Opaque,
    Proof,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

PAGE = {"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "c", "encrypted_index": "e"}
BLOCKS: list[tuple[dict[str, Any], type]] = [
    ({"type": "text", "text": "a", "citations": [PAGE], "cache_control": {"type": "ephemeral"}}, Text),
    ({"type": "text", "text": "a", "citations": None, "cache_control": None}, Text),
    ({"type": "text", "text": "a", "citations": [], "cache_control": {"type": "ephemeral", "ttl": None}}, Text),
    ({"type": "image", "source": {"type": "url", "url": "u"}}, Image),
    (
        {"type": "document", "source": {"type": "file", "file_id": "f"}, "title": "t", "citations": {"enabled": True}},
        Document,
    ),
    ({"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "found"}]}, Text),
    ({"type": "tool_use", "id": "i", "name": "n", "input": {"a": 10**30}, "caller": {"type": "direct"}}, ToolCall),
    ({"type": "tool_use", "id": "i", "name": "n"}, ToolCall),
    ({"type": "tool_use", "id": "i", "name": "n", "input": "text"}, ToolCall),
    ({"type": "tool_result", "tool_use_id": "i"}, ToolResult),
    ({"type": "tool_result", "tool_use_id": "i", "content": None, "is_error": None}, ToolResult),
    ({"type": "tool_result", "tool_use_id": "i", "content": ""}, ToolResult),
    ({"type": "tool_result", "tool_use_id": "i", "content": [], "is_error": True}, ToolResult),
    (
        {
            "type": "tool_result",
            "tool_use_id": "i",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "x"}},
                {"type": "tool_reference", "tool_name": "n"},
            ],
        },
        ToolResult,
    ),
    ({"type": "thinking", "thinking": "t", "signature": "s"}, Thinking),
    ({"type": "thinking", "thinking": "t", "signature": ""}, Thinking),
    ({"type": "thinking", "thinking": "t"}, Thinking),
    ({"type": "redacted_thinking", "data": "d"}, Thinking),
    ({"type": "server_tool_use", "id": "i", "name": "web_search", "input": {"query": "q"}}, ServerTool),
    ({"type": "web_search_tool_result", "tool_use_id": "i", "content": []}, ServerTool),
    ({"type": "mcp_tool_use", "id": "i", "name": "n", "server_name": "s", "input": {}}, ServerTool),
    ({"type": "mcp_tool_result", "tool_use_id": "i", "is_error": False, "content": []}, ServerTool),
    ({"type": "container_upload", "file_id": "f"}, Opaque),
    ({"type": "compaction", "content": "c"}, Opaque),
]


@pytest.mark.parametrize(("value", "kind"), BLOCKS)
def test_every_block_has_its_place_and_comes_back(value: dict[str, Any], kind: type) -> None:
    """Known types become the hub's blocks; of the others nothing is touched."""
    request = parsed(messages=[{"role": "user", "content": [value]}])
    assert type(request.messages[0].blocks[0]) is kind
    assert sent(request)["messages"][0]["content"] == [value]


def test_what_the_hub_sees() -> None:
    """Cache marks, arguments as text, a search result's text, failures."""
    cached, *_ = [parse_block(dict(value), "", "anthropic", strict=True) for value, _ in BLOCKS]
    assert isinstance(cached, Text)
    assert (cached.cache, cached.citations) == (CacheMark(), (PAGE,))
    found = parse_block(dict(BLOCKS[5][0]), "", "anthropic", strict=True)
    assert isinstance(found, Text)
    assert found.text == "found"
    call = parse_block(
        {"type": "tool_use", "id": "i", "name": "n", "input": {"a": 10**30}}, "", "anthropic", strict=True
    )
    assert isinstance(call, ToolCall)
    assert call.arguments == '{"a":' + str(10**30) + "}"


def test_a_sealed_proof_is_its_issuers() -> None:
    """What a client carried in a signature comes out as it went in."""
    gemini = Proof("gemini", "c2ln", "x")
    thought = {"type": "thinking", "thinking": "t", "signature": seal_proof(gemini)}
    hidden = {"type": "redacted_thinking", "data": seal_proof(gemini)}
    blocks = parsed(messages=[{"role": "assistant", "content": [thought, hidden]}]).messages[0].blocks
    assert blocks == (Thinking("t", gemini), Thinking("", gemini, redacted=True))


def test_thoughts_in_a_call_s_id_stand_before_the_call() -> None:
    """A client may change its dialect in the middle of a conversation."""
    thought, own = Thinking("t", Proof("anthropic", "s")), Proof("gemini", "g")
    name = seal_id("call_1", [thought], own)
    use = {"type": "tool_use", "id": name, "name": "n", "input": {}}
    turns = [
        {"role": "assistant", "content": [{"type": "text", "text": "a"}, use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": name, "content": "r"}]},
    ]
    request = parsed(messages=turns)
    text, before, call = request.messages[0].blocks
    assert (text, before) == (Text("a"), thought)
    assert isinstance(call, ToolCall)
    assert (call.id, call.proof) == ("call_1", own)
    result = request.messages[1].blocks[0]
    assert isinstance(result, ToolResult)
    assert result.call_id == "call_1"


@pytest.mark.parametrize(
    ("value", "param"),
    [
        ("x", "messages[0].content[0]"),
        ({"text": "x"}, "messages[0].content[0].type"),
        ({"type": "text"}, "messages[0].content[0]"),
        ({"type": "tool_use", "name": "n", "input": {}}, "messages[0].content[0]"),
        ({"type": "image", "source": "x"}, "messages[0].content[0]"),
        ({"type": "tool_result", "content": "x"}, "messages[0].content[0]"),
    ],
)
def test_a_client_s_malformed_block_is_refused(value: Any, param: str) -> None:
    """As Anthropic refuses it, by its place."""
    with pytest.raises(BadRequest) as refused:
        parsed(messages=[{"role": "user", "content": [value]}])
    assert refused.value.param == param


@pytest.mark.parametrize("value", ["x", None, {"text": "x"}, {"type": "text"}, {"type": "thinking", "thinking": 1}])
def test_a_provider_s_odd_block_is_kept(value: Any) -> None:
    """Nothing that a provider sends stops an answer."""
    assert parse_block(value, "", "anthropic", strict=False) == Opaque("anthropic", value)
