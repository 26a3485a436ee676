"""The parts of `content`, to and from blocks."""

import json
from typing import Any

import pytest

from limen.dialects.members import LenientMembers, Members
from limen.dialects.openai.content import parse_part, parse_parts, plain_text, read_url, render_part, said_in, write_url
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    Block,
    CacheMark,
    Document,
    Image,
    Opaque,
    Refusal,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
)
from limen.model.losses import Losses

WIRE = "openai_chat"
PARTS: list[tuple[dict[str, Any], Block]] = [
    ({"type": "text", "text": "x"}, Text("x")),
    ({"type": "text", "text": "", "odd": None}, Text("", extra={"odd": None})),
    ({"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}, Text("x", cache=CacheMark())),
    (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ==", "detail": "high"}},
        Image(Source(data="QQ==", media_type="image/png"), "high"),
    ),
    ({"type": "image_url", "image_url": {"url": "https://x.org/a"}}, Image(Source(url="https://x.org/a"))),
    ({"type": "image_url", "image_url": "https://x.org/a"}, Image(Source(url="https://x.org/a"))),
    (
        {"type": "image_url", "image_url": {"url": "u", "detail": None, "x": 1}, "y": 2},
        Image(Source(url="u"), extra={"image_url": {"detail": None, "x": 1}, "y": 2}),
    ),
    ({"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}}, Audio(Source(data="QQ=="), "wav")),
    ({"type": "input_audio", "input_audio": "QQ=="}, Audio(Source(data="QQ=="))),
    ({"type": "file", "file": {"file_id": "f"}}, Document(Source(file_id="f"))),
    (
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}},
        Document(Source(data="QQ==", media_type="application/pdf"), "a.pdf"),
    ),
    ({"type": "file", "file": {"file_data": "QQ=="}}, Document(Source(data="QQ=="))),
    ({"type": "file", "file": {"file_data": "https://x.org/a.pdf"}}, Document(Source(url="https://x.org/a.pdf"))),
    ({"type": "refusal", "refusal": "no"}, Refusal("no")),
    ({"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, Thinking("hm")),
    ({"type": "video_url", "video_url": {"url": "u"}}, Opaque(WIRE, {"type": "video_url", "video_url": {"url": "u"}})),
]


def rendering(origin: str, losses: Losses | None = None) -> Rendering:
    return Rendering(WIRE, origin, losses if losses is not None else Losses())


@pytest.mark.parametrize(("part", "block"), PARTS)
def test_parts_become_blocks_and_come_back(part: dict[str, Any], block: Block) -> None:
    """Each known part has its block; what is odd about it is kept."""
    text = json.dumps(part)
    found = parse_part(json.loads(text), "p", WIRE, Members)
    assert found == block
    assert render_part(found, rendering(WIRE), "p") == json.loads(text)


def test_thoughts_of_several_parts_come_back_in_parts() -> None:
    """The hub has their text; the wire its own list, unless someone changed the text."""
    items = [{"type": "text", "text": "a"}, {"type": "reference", "ids": [1]}, {"type": "text", "text": "b"}]
    found = parse_part({"type": "thinking", "thinking": items, "closed": True}, "p", WIRE, LenientMembers)
    assert isinstance(found, Thinking)
    assert found.text == "ab" == said_in(items)
    assert render_part(found, rendering(WIRE), "p") == {"type": "thinking", "thinking": items, "closed": True}
    changed = Thinking("c", extra=found.extra)
    assert render_part(changed, rendering(WIRE), "p")["thinking"] == [{"type": "text", "text": "c"}]


@pytest.mark.parametrize(
    ("part", "param"),
    [
        ({"text": "x"}, "c[0].type"),
        ({"type": 1}, "c[0].type"),
        ("x", "c[0]"),
        ({"type": "text", "text": 1}, "c[0].text"),
        ({"type": "image_url", "image_url": {"url": 1}}, "c[0].image_url.url"),
        ({"type": "image_url", "image_url": []}, "c[0].image_url"),
        ({"type": "file", "file": {"file_data": []}}, "c[0].file.file_data"),
    ],
)
def test_a_clients_part_must_have_its_shape(part: Any, param: str) -> None:
    """The error names the place; a provider's odd part is kept whole instead."""
    with pytest.raises(BadRequest) as told:
        parse_parts([part], "c", WIRE, Members)
    assert told.value.param == param
    text = json.dumps(part)
    assert parse_parts([part], "c", WIRE, LenientMembers) == (Opaque(WIRE, json.loads(text)),)


@pytest.mark.parametrize(
    ("block", "losses"),
    [
        (Image(Source(file_id="f")), ["p"]),
        (Document(Source(url="https://x.org")), ["p"]),
        (ToolCall("i", "f", "{}"), ["p"]),
        (Opaque("other", {}), ["p"]),
        (ServerTool("other", {}), ["p"]),
        (Thinking("hm"), ["p"]),
        (Audio(Source(file_id="f")), ["p"]),
        (Text("x", citations=({"a": 1},)), ["p.citations"]),
        (Text("x", cache=CacheMark()), ["p.cache_control"]),
        (Text("x", extra={"odd": 1}), ["p.odd"]),
    ],
)
def test_what_has_no_place_is_named(block: Block, losses: list[str]) -> None:
    """From another dialect: the whole block, or the part of it that is lost."""
    found = Losses()
    part = render_part(block, rendering("other", found), "p")
    assert (part is None) == (losses == ["p"])
    assert [name for name, _ in found.items()] == losses


def test_plain_text_is_a_bare_string() -> None:
    """Of this wire only if there is nothing else to it; of another dialect always, with losses named."""
    losses = Losses()
    assert plain_text((Text("x"),), rendering(WIRE), "p") == "x"
    assert plain_text((Text("x", cache=CacheMark()),), rendering(WIRE), "p") is None
    assert plain_text((Text("x", cache=CacheMark()),), rendering("other", losses), "p") == "x"
    assert plain_text((Text("x"), Text("y")), rendering(WIRE), "p") is None
    assert [name for name, _ in losses.items()] == ["p.cache_control"]


@pytest.mark.parametrize(
    "url",
    [
        "data:image/png;base64,QQ==",
        "data:;base64,QQ==",
        "data:text/plain,x",
        "data:a;b=c;base64,QQ==",
        "https://x;base64,y",
        "",
        "data:a,b;base64,c",
    ],
)
def test_addresses_survive(url: str) -> None:
    """Only a plain `data:` URL is taken apart; every address comes back letter by letter."""
    assert write_url(read_url(url)) == url
