"""Parts of every kind."""

from typing import Any

import pytest

from gemini_wire import dumped, rendering
from limen.dialects.gemini.call_ids import Pairing
from limen.dialects.gemini.parts import parse_part, render_part, render_parts
from limen.dialects.json_text import encode
from limen.dialects.seal import seal_id
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    CacheMark,
    Image,
    Opaque,
    Proof,
    Refusal,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from openai_wire import exact

PARTS: list[tuple[Any, list[type]]] = [
    ({"text": "a"}, [Text]),
    ({"text": ""}, [Text]),
    ({"text": "a", "thought": False, "partMetadata": {"x": 1}}, [Text]),
    ({"text": "a", "thoughtSignature": "s"}, [Text, Thinking]),
    ({"text": "a", "thought_signature": "s"}, [Text, Thinking]),
    ({"text": "", "thoughtSignature": "s"}, [Thinking]),
    ({"text": "", "thoughtSignature": "s", "thought": True}, [Thinking]),
    ({"thoughtSignature": "s"}, [Thinking]),
    ({"thoughtSignature": "s", "thought": True}, [Thinking]),
    ({"text": "a", "thought": True}, [Thinking]),
    ({"text": "a", "thought": True, "thought_signature": "s"}, [Thinking]),
    ({"thought": True}, [Opaque]),
    ({"text": None}, [Opaque]),
    ({}, [Opaque]),
    ({"inlineData": {"mimeType": "image/png", "data": "A"}, "thoughtSignature": "s"}, [Image, Thinking]),
    ({"inline_data": {"mime_type": "audio/wav", "data": "A"}, "thought": False}, [Audio]),
    ({"functionCall": {"name": "f", "args": {"a": 1.5}}, "thoughtSignature": "s", "thought": False}, [ToolCall]),
    ({"function_call": {"name": "f", "args": {}}, "thought_signature": "s"}, [ToolCall]),
    ({"functionCall": {"name": "f", "args": "odd"}}, [Opaque]),
    ({"functionResponse": {"name": "f", "response": {"result": "x"}}, "thought": False}, [ToolResult]),
    ({"functionResponse": {"name": "f", "response": "odd"}}, [Opaque]),
    ({"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "s"}, [ServerTool]),
    ({"code_execution_result": {"outcome": "OUTCOME_OK"}}, [ServerTool]),
    ({"toolCall": {"toolType": "GOOGLE_SEARCH_WEB"}, "thoughtSignature": "s"}, [ServerTool]),
    ({"somethingNew": 1}, [Opaque]),
]


@pytest.mark.parametrize(("part", "kinds"), PARTS, ids=str)
def test_parts_come_back(part: Any, kinds: list[type]) -> None:
    """As they were written, from the blocks that they are."""
    blocks = parse_part(part, "", Pairing(), strict=True)
    assert [type(block) for block in blocks] == kinds
    home = rendering("gemini")
    [again] = render_parts(blocks, {}, home, "")
    assert not home.losses

    assert exact(encode(again)) == exact(dumped(part))


def test_a_part_is_an_object() -> None:
    """A client is told; what a provider sends is kept."""
    with pytest.raises(BadRequest) as told:
        parse_part("text", "contents[0].parts[1]", Pairing(), strict=True)
    assert told.value.param == "contents[0].parts[1]"
    assert parse_part("text", "", "", strict=False) == (Opaque("gemini", "text"),)


def test_a_signature_beside_text_is_a_thought_of_its_own() -> None:
    """So that other dialects carry it; from them it comes back as Gemini itself ends a stream: on a part without text."""
    text, signed = parse_part({"text": "a", "thoughtSignature": "s"}, "", "", strict=False)
    assert signed == Thinking("", Proof("gemini", "s"), redacted=True, extra={})
    assert render_parts((text, Thinking("", Proof("gemini", "s"), redacted=True)), {}, rendering(), "") == [
        {"text": "a"},
        {"text": "", "thoughtSignature": "s"},
    ]


def test_thoughts_that_an_id_carried_come_before_the_call() -> None:
    """A client of another dialect had no other place for them."""
    thought = Thinking("hm", Proof("anthropic", "p"))
    value = {"functionCall": {"name": "f", "args": {}, "id": seal_id("x", [thought], None)}}
    assert parse_part(value, "", Pairing(), strict=True)[0] == thought


def test_another_dialects_blocks_are_parts_or_named() -> None:
    """Thoughts are marked; a refusal is text; a proof of another's stays behind with the thought that is nothing else."""
    found = rendering()
    blocks: list[Any] = [
        Thinking("hm"),
        Thinking("hm", Proof("anthropic", "p")),
        Thinking("", Proof("anthropic", "p"), redacted=True),
        Refusal("no"),
        Text("t", citations=({"x": 1},), cache=CacheMark()),
        ServerTool("anthropic", {"type": "x"}),
        Image(Source(file_id="file-1")),
    ]
    assert [render_part(block, {}, found, f"b{i}") for i, block in enumerate(blocks)] == [
        {"text": "hm", "thought": True},
        {"text": "hm", "thought": True},
        None,
        {"text": "no"},
        {"text": "t"},
        None,
        None,
    ]
    assert list(found.losses) == ["b1.proof", "b2", "b3", "b4.citations", "b4.cache_control", "b5", "b6"]
