"""Content blocks, read."""

from typing import Any

import pytest

from limen.dialects.bedrock.blocks import parse_blocks, read_cache_point
from limen.errors import BadRequest
from limen.model.content import (
    CacheMark,
    Document,
    Image,
    Opaque,
    Proof,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)


def one(value: Any, *, own: bool = False) -> Any:
    (block,) = parse_blocks([value], "x", strict=False, own=own)
    return block


def test_each_type_has_its_block() -> None:
    """What the hub has a word for is not kept whole."""
    assert one({"text": "a"}) == Text("a")
    assert one({"image": {"format": "png", "source": {"bytes": "AA=="}}}) == Image(
        Source("AA==", media_type="image/png")
    )
    document = one({"document": {"format": "pdf", "name": "n", "source": {"bytes": "AA=="}}})
    assert document == Document(Source("AA==", media_type="application/pdf"), "n")
    call = one({"toolUse": {"toolUseId": "i", "name": "t", "input": {"a": 1}}})
    assert call == ToolCall("i", "t", '{"a":1}')
    result = one({"toolResult": {"toolUseId": "i", "content": [{"text": "a"}, {"json": {"b": 1}}], "status": "error"}})
    assert isinstance(result, ToolResult)
    assert [piece.text for piece in result.content if isinstance(piece, Text)] == ["a", '{"b":1}']
    assert result.is_error is True
    thought = one({"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}})
    assert thought == Thinking("Hm.", Proof("bedrock_converse", "s"))
    hidden = one({"reasoningContent": {"redactedContent": "aGk="}})
    assert hidden == Thinking("", Proof("bedrock_converse", "aGk="), redacted=True)
    cited = one({"citationsContent": {"content": [{"text": "a"}], "citations": [{"title": "t"}]}})
    assert (cited.text, cited.citations) == ("a", ({"title": "t"},))
    assert one({"guardContent": {"text": {"text": "look"}}}).text == "look"


def test_what_the_hub_has_no_word_for_is_kept_whole() -> None:
    """Video, search results, tools that Bedrock runs, types of tomorrow."""
    for value in ({"video": {"format": "mp4"}}, {"searchResult": {}}, {"new": 1}, {}, {"image": {"source": {}}}):
        assert one(value) == Opaque("bedrock_converse", value)
    served = {"toolUse": {"toolUseId": "i", "name": "t", "input": {}, "type": "server_tool_use"}}
    assert one(served) == ServerTool("bedrock_converse", served)
    result = {"toolResult": {"toolUseId": "i", "content": []}}
    assert one(result, own=True) == ServerTool("bedrock_converse", result)


def test_a_cache_point_is_a_mark_on_what_stands_before_it() -> None:
    """But at the beginning, after another one, and after what can't hold it."""
    point = {"cachePoint": {"type": "default", "ttl": "5m"}}
    found = parse_blocks([point, {"text": "a"}, point, point, {"new": 1}, point], "x", strict=True)
    own = Opaque("bedrock_converse", point)
    assert found == (own, Text("a", cache=CacheMark("5m")), own, Opaque("bedrock_converse", {"new": 1}), own)
    assert read_cache_point({"type": "default"}) == CacheMark()
    for odd in ({"type": "x"}, {"type": "default", "new": 1}, {"type": "default", "ttl": 5}, None):
        assert read_cache_point(odd) is None


@pytest.mark.parametrize(
    ("value", "param"),
    [
        (1, "x[0]"),
        ({"text": None}, "x[0].text"),
        ({"toolUse": 1}, "x[0].toolUse"),
        ({"toolUse": {"name": "t"}}, "x[0].toolUse.toolUseId"),
        ({"toolUse": {"toolUseId": "i"}}, "x[0].toolUse.name"),
        ({"toolResult": {"toolUseId": "i"}}, "x[0].toolResult.content"),
    ],
)
def test_a_strict_reader_names_the_place(value: Any, param: str) -> None:
    """A lenient one keeps the value."""
    with pytest.raises(BadRequest) as told:
        parse_blocks([value], "x", strict=True)
    assert told.value.param == param
    assert one(value) == Opaque("bedrock_converse", value)
