"""The parts of a message's `content`, to and from the hub's blocks.

Besides OpenAI's own parts, those that others added to its dialect are read where their meaning is clear (Mistral's
``thinking``, bare strings for images and sound); a part of any other type is kept whole as an Opaque block.

Must not: know roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from limen.dialects.extra import Extra, extra_of
from limen.dialects.members import Members
from limen.dialects.rendering import Rendering, take_cache
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    Block,
    Document,
    Image,
    Opaque,
    Refusal,
    ServerTool,
    Source,
    Text,
    Thinking,
)

BARE = "bare"
"""Mark: the value is a string where OpenAI has an object."""
PART = "part"
"""Mark: it stood in `content`, where OpenAI has a field of the message."""


def parse_parts(values: list[Any], path: str, wire: str, members: type[Members]) -> tuple[Block, ...]:
    """The blocks of a list of parts at `path`, read by `members`."""
    return tuple([parse_part(value, f"{path}[{index}]", wire, members) for index, value in enumerate(values)])


def parse_part(value: Any, path: str, wire: str, members: type[Members]) -> Block:
    """One part. A strict reader wants an object with a `type`."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        if members is Members:
            raise _shapeless(value, path)
        return Opaque(wire, value)
    reader = _READERS.get(kind)
    block = reader(members(dict(value), path)) if reader else None
    return Opaque(wire, value) if block is None else block


def _shapeless(value: Any, path: str) -> BadRequest:
    if isinstance(value, dict):
        code = "invalid_type" if "type" in value else "missing_required_parameter"
        return BadRequest(f"Missing required parameter: '{path}.type'.", param=f"{path}.type", code=code)
    return BadRequest(f"Invalid type for '{path}': expected an object.", param=path, code="invalid_type")


def _text(part: Members) -> Block | None:
    text = part.text("text")
    if text is None:
        return None
    del part.rest["type"]
    cache = take_cache(part.rest)
    return Text(text, cache=cache, extra=extra_of(part.rest))


def _refusal(part: Members) -> Block | None:
    text = part.text("refusal")
    if text is None:
        return None
    del part.rest["type"]
    return Refusal(text, extra=Extra(part.rest, (PART,)))


def _image(part: Members) -> Block | None:
    inner, marks = _inner(part, "image_url", "url")
    url = inner.text("url") if inner else None
    if inner is None or url is None:
        return None
    detail = inner.text("detail")
    cache = take_cache(part.rest)
    return Image(read_url(url), detail, cache, _nested(part, "image_url", inner, marks))


def _audio(part: Members) -> Block | None:
    inner, marks = _inner(part, "input_audio", "data")
    data = inner.text("data") if inner else None
    if inner is None or data is None:
        return None
    source = Source(url=data) if data.startswith(("https://", "http://")) else Source(data=data)
    return Audio(
        source, inner.text("format"), cache=take_cache(part.rest), extra=_nested(part, "input_audio", inner, marks)
    )


def _file(part: Members) -> Block | None:
    inner, marks = _inner(part, "file", "file_id")
    if inner is None:
        return None
    data = inner.text("file_data")
    name = None if data is not None else inner.text("file_id")
    if data is None and name is None:
        return None
    source = Source(file_id=name) if data is None else read_url(data, bare_data=True)
    return Document(source, inner.text("filename"), take_cache(part.rest), _nested(part, "file", inner, marks))


def _thinking(part: Members) -> Block | None:
    items = part.array("thinking")
    if items is None:
        return None
    del part.rest["type"]
    text = said_in(items)
    if items != _thought(text):
        part.rest["thinking"] = items
    return Thinking(text, extra=Extra(part.rest, (PART,)))


def said_in(items: list[Any]) -> str:
    """The text in a list of text parts, without the parts of other types."""
    texts = [item.get("text") for item in items if isinstance(item, dict) and item.get("type") == "text"]
    return "".join([text for text in texts if isinstance(text, str)])


def _thought(text: str) -> list[Any]:
    return [{"type": "text", "text": text}]


def _inner(part: Members, key: str, bare: str) -> tuple[Members | None, tuple[str, ...]]:
    """The object under `key`; where a bare string stands there, an object with that string under `bare`."""
    value = part.rest.get(key)
    if isinstance(value, str):
        del part.rest[key]
        return type(part)({bare: value}, part.path), (BARE,)
    found = part.mapping(key)
    return (None if found is None else type(part)(found, part.at(key))), ()


def _nested(part: Members, key: str, inner: Members, marks: tuple[str, ...]) -> Any:
    del part.rest["type"]
    if inner.rest:
        part.rest[key] = inner.rest
    return extra_of(part.rest, *marks)


_READERS: dict[str, Callable[[Members], Block | None]] = {
    "text": _text,
    "refusal": _refusal,
    "image_url": _image,
    "input_audio": _audio,
    "file": _file,
    "thinking": _thinking,
}


def read_url(url: str, *, bare_data: bool = False) -> Source:
    """A web address, a ``data:`` URL taken apart, or (where `bare_data` is allowed) base64 without a media type."""
    head, marker, data = url.partition(";base64,")
    if marker and head.startswith("data:") and len(head) > len("data:") and "," not in head:
        return Source(data=data, media_type=head.removeprefix("data:"))
    if bare_data and not url.startswith(("http://", "https://", "data:")):
        return Source(data=url)
    return Source(url=url)


def write_url(source: Source) -> str | None:
    """The reverse of :func:`read_url`; None for a file that only its provider can find."""
    if source.data is not None:
        return source.data if source.media_type is None else f"data:{source.media_type};base64,{source.data}"
    return source.url


def render_part(block: Block, rendering: Rendering, where: str) -> Any:
    """`block` as a part of `content`, or None, with a loss noted, for what can't be one."""
    built = _build(block, rendering, where)
    if built is None:
        rendering.lose(where, f"no place for a block of {type(block).__name__.lower()} from this source")
        return None
    if isinstance(block, Text) and block.citations and not rendering.same and not rendering.answer:
        rendering.lose(f"{where}.citations", "a request of this dialect has no place for them")
    if isinstance(block, Text | Image | Audio | Document):
        rendering.cache(built, block.cache, where)
    if isinstance(block, Opaque | ServerTool):
        return built
    return rendering.keep(built, block.extra, where)


def _build(block: Block, rendering: Rendering, where: str) -> Any:
    match block:
        case Text():
            return {"type": "text", "text": block.text}
        case Image() if (url := write_url(block.source)) is not None:
            inner = {"url": url} if block.detail is None else {"url": url, "detail": block.detail}
            return {"type": "image_url", "image_url": url if rendering.marked(block.extra, BARE) else inner}
        case Audio() if (data := block.source.data or block.source.url) is not None:
            sound = {"data": data} if block.format is None else {"data": data, "format": block.format}
            return {"type": "input_audio", "input_audio": data if rendering.marked(block.extra, BARE) else sound}
        case Document():
            return _render_file(block, rendering)
        case Refusal():
            return {"type": "refusal", "refusal": block.text}
        case Thinking() if rendering.marked(block.extra, PART):
            kept = block.extra.get("thinking")
            items = kept if isinstance(kept, list) and said_in(kept) == block.text else _thought(block.text)
            return {"type": "thinking", "thinking": items}
        case Opaque() | ServerTool():
            return rendering.own(block, where)
        case _:
            return None


def _render_file(block: Document, rendering: Rendering) -> dict[str, Any] | None:
    source = block.source
    foreign_id = source.file_id is not None and not source.file_id.startswith("file-")
    if not rendering.same and (source.url is not None or foreign_id):
        return None  # OpenAI takes a file's bytes or its own id for it, not an address or another provider's id.
    inner = {"file_id": source.file_id} if source.file_id is not None else {"file_data": write_url(source)}
    if block.title is not None:
        inner["filename"] = block.title
    return {"type": "file", "file": source.file_id if rendering.marked(block.extra, BARE) else inner}


def plain_text(blocks: tuple[Block, ...], rendering: Rendering, where: str) -> str | None:
    """The text of `blocks` if they are one Text that a bare string can carry.

    From another dialect a string is the better choice, since every server of this family takes one; what only a part could
    have said is a loss either way.
    """
    if len(blocks) != 1 or not isinstance(blocks[0], Text):
        return None
    block = blocks[0]
    if rendering.same:
        return block.text if block.cache is None and not block.extra else None
    return str(render_part(block, rendering, where)["text"])
