"""The parts of a message's `content`, to and from the hub's blocks.

A ``document`` part (what a tool gave back, as JSON) becomes its text, since that is all that other dialects can say of it. A part
of any other type is kept whole as an Opaque block.

Source: https://docs.cohere.com/reference/chat (`messages`).

Must not: know roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members, type_name
from limen.dialects.openai.content import read_url, write_url
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import Block, Image, Opaque, Refusal, ServerTool, Text, Thinking

BARE = "bare"
"""Mark: the picture's address stood where an object is usual."""
DATA = "document data"
"""Mark: the text is the JSON of a document's `data`."""
SAID = "document text"
"""Mark: the text is a document's `data`, a string."""


def parse_parts(values: list[Any], path: str, wire: str, members: type[Members]) -> tuple[Block, ...]:
    """The blocks of a list of parts at `path`, read by `members`."""
    return tuple([parse_part(value, f"{path}[{index}]", wire, members) for index, value in enumerate(values)])


def parse_part(value: Any, path: str, wire: str, members: type[Members]) -> Block:
    """One part. A strict reader wants an object with a `type`."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        if members is Members:
            given = type_name(value)
            raise BadRequest(
                f"Invalid type for '{path}': expected an object with a `type`, but got {given} instead.",
                param=path,
                code="invalid_type",
            )
        return Opaque(wire, value)
    reader = _READERS.get(kind)
    block = reader(members(dict(value), path)) if reader else None
    return Opaque(wire, value) if block is None else block


def _text(part: Members) -> Block | None:
    text = part.text("text")
    if text is None:
        return None
    del part.rest["type"]
    return Text(text, extra=extra_of(part.rest))


def _thinking(part: Members) -> Block | None:
    text = part.text("thinking")
    if text is None:
        return None
    del part.rest["type"]
    return Thinking(text, extra=extra_of(part.rest))


def _image(part: Members) -> Block | None:
    value = part.rest.get("image_url")
    if isinstance(value, str):
        part.rest.pop("image_url")
        del part.rest["type"]
        return Image(read_url(value), extra=Extra(part.rest, (BARE,)))
    found = part.mapping("image_url")
    inner = None if found is None else type(part)(dict(found), part.at("image_url"))
    url = inner.text("url") if inner else None
    if inner is None or url is None:
        return None
    detail = inner.text("detail")
    del part.rest["type"]
    if inner.rest:
        part.rest["image_url"] = inner.rest
    return Image(read_url(url), detail, extra=extra_of(part.rest))


def _document(part: Members) -> Block | None:
    found = part.mapping("document")
    if found is None or not isinstance(found.get("data"), dict | str):
        return None
    inner = dict(found)
    data = inner.pop("data")
    del part.rest["type"]
    if inner:
        part.rest["document"] = inner
    if isinstance(data, str):
        return Text(data, extra=Extra(part.rest, (SAID,)))
    return Text(encode(data).decode("utf-8", "surrogatepass"), extra=Extra(part.rest, (DATA,)))


_READERS: dict[str, Callable[[Members], Block | None]] = {
    "text": _text,
    "thinking": _thinking,
    "image_url": _image,
    "document": _document,
}


def render_part(block: Block, rendering: Rendering, where: str) -> Any:
    """`block` as a part of `content`, or None, with a loss noted, for what can't be one."""
    if isinstance(block, Opaque | ServerTool):
        return rendering.own(block, where)
    built = _build(block, rendering, where)
    if built is None:
        rendering.lose(where, f"no place for a block of {type(block).__name__.lower()} from this source")
        return None
    if isinstance(block, Text | Image):
        rendering.cache(built, block.cache, where)
    return rendering.keep(built, block.extra, where)


def _build(block: Block, rendering: Rendering, where: str) -> dict[str, Any] | None:
    match block:
        case Text() if rendering.marked(block.extra, DATA):
            return {"type": "document", "document": {"data": msgspec.Raw(block.text.encode())}}
        case Text() if rendering.marked(block.extra, SAID):
            return {"type": "document", "document": {"data": block.text}}
        case Text():
            return {"type": "text", "text": block.text}
        case Thinking():
            return {"type": "thinking", "thinking": block.text}
        case Image() if (url := write_url(block.source)) is not None:
            inner = {"url": url} if block.detail is None else {"url": url, "detail": block.detail}
            return {"type": "image_url", "image_url": url if rendering.marked(block.extra, BARE) else inner}
        case Refusal():
            rendering.lose(where, "a refusal is said as text")
            return {"type": "text", "text": block.text}
        case _:
            return None


def plain_text(blocks: tuple[Block, ...], rendering: Rendering, where: str) -> str | None:
    """The text of `blocks` if they are one Text that a bare string can carry."""
    if len(blocks) != 1 or not isinstance(blocks[0], Text):
        return None
    block = blocks[0]
    if rendering.same:
        return block.text if block.cache is None and not block.extra else None
    return str(render_part(block, rendering, where)["text"])
