"""The parts of a message's content and of a tool's output, to and from the hub's blocks.

Which type a text has depends on who says it: ``input_text`` for a client, ``output_text`` for a model. A part of a type that is
not known here is kept whole as an Opaque block.

Must not: know items.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.members import LenientMembers, Members, type_name
from limen.dialects.openai.content import parse_part as parse_chat_part
from limen.dialects.openai.content import read_url, write_url
from limen.dialects.openai.content import render_part as render_chat_part
from limen.dialects.rendering import Rendering, take_cache
from limen.dialects.responses.citations import render_citation
from limen.errors import BadRequest
from limen.model.content import Audio, Block, Document, Image, Opaque, Refusal, ServerTool, Source, Text

INPUT, OUTPUT = "input_text", "output_text"
_TEXTS = frozenset({INPUT, OUTPUT, "text"})
_AS = "as:"
"""Mark, followed by the type that a text had, where it was not the usual one of its place."""


def parse_parts(values: list[Any], path: str, wire: str, members: type[Members], usual: str) -> tuple[Block, ...]:
    """The blocks of a list of parts at `path`; `usual` is the type that texts have there."""
    return tuple(
        [
            Text(value["text"])
            if _is_bare(value, usual)
            else _parse_part(value, f"{path}[{index}]", wire, members, usual)
            for index, value in enumerate(values)
        ]
    )


def _is_bare(value: Any, usual: str) -> bool:
    """Whether a part is a text and nothing else, as most are."""
    return type(value) is dict and len(value) == 2 and value.get("type") == usual and type(value.get("text")) is str


def _parse_part(value: Any, path: str, wire: str, members: type[Members], usual: str) -> Block:
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        if members is LenientMembers:
            return Opaque(wire, value)
        raise _shapeless(value, path)
    block: Block | None = None
    if kind in _TEXTS:
        block = _text(members(dict(value), path), kind, usual)
    elif kind == "refusal":
        block = _refusal(members(dict(value), path))
    elif kind == "input_image":
        block = _image(members(dict(value), path))
    elif kind == "input_file":
        block = _file(members(dict(value), path))
    elif kind == "input_audio":
        return parse_chat_part(value, path, wire, members)
    return Opaque(wire, value) if block is None else block


def _shapeless(value: Any, path: str) -> BadRequest:
    if isinstance(value, dict):
        code = "invalid_type" if "type" in value else "missing_required_parameter"
        return BadRequest(f"Missing required parameter: '{path}.type'.", param=f"{path}.type", code=code)
    given = type_name(value)
    message = f"Invalid type for '{path}': expected an object, but got {given} instead."
    return BadRequest(message, param=path, code="invalid_type")


def _text(part: Members, kind: str, usual: str) -> Text | None:
    text = part.text("text")
    if text is None:
        return None
    rest = part.rest
    del rest["type"]
    citations = rest.get("annotations")
    if citations and isinstance(citations, list):
        del rest["annotations"]
    else:
        citations = ()
    cache = take_cache(rest) if "cache_control" in rest else None
    extra = extra_of(rest) if kind == usual else Extra(rest, (_AS + kind,))
    return Text(text, tuple(citations), cache, extra)


def _refusal(part: Members) -> Refusal | None:
    text = part.text("refusal")
    if text is None:
        return None
    del part.rest["type"]
    return Refusal(text, extra_of(part.rest))


def _image(part: Members) -> Image | None:
    rest = part.rest
    url = rest.get("image_url")
    if isinstance(url, str) and url:
        del rest["image_url"]
        source = read_url(url)
    elif isinstance(rest.get("file_id"), str) and not isinstance(url, dict):
        source = Source(file_id=rest.pop("file_id"))
    else:
        return None
    del rest["type"]
    return Image(source, part.text("detail"), take_cache(rest), extra_of(rest))


def _file(part: Members) -> Document | None:
    rest = part.rest
    for key in ("file_data", "file_url", "file_id"):
        value = rest.get(key)
        if isinstance(value, str) and value:
            del rest["type"], rest[key]
            return Document(_file_source(key, value), part.text("filename"), take_cache(rest), extra_of(rest))
    return None


def _file_source(key: str, value: str) -> Source:
    if key == "file_data":
        return read_url(value, bare_data=True)
    return Source(url=value) if key == "file_url" else Source(file_id=value)


def render_part(block: Block, rendering: Rendering, where: str, usual: str) -> Any:
    """`block` as a part, or None, with a loss noted, for what can't be one."""
    if isinstance(block, Text):
        return _render_text(block, rendering, where, usual)
    if isinstance(block, Opaque | ServerTool):
        return rendering.own(block, where)
    built = _build(block, rendering, where, usual)
    if built is None:
        rendering.lose(where, f"no place for a block of {type(block).__name__.lower()} from this source")
        return None
    if isinstance(block, Image | Document):
        rendering.cache(built, block.cache, where)
    return built if isinstance(block, Audio) else rendering.keep(built, _extra(block), where)


def _extra(block: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = block.extra
    return found


def _render_text(block: Text, rendering: Rendering, where: str, usual: str) -> dict[str, Any]:
    kind = usual
    if rendering.same:
        kind = next((mark[len(_AS) :] for mark in marks_of(block.extra) if mark.startswith(_AS)), usual)
    built: dict[str, Any] = {"type": kind, "text": block.text}
    if block.citations:
        built["annotations"] = render_citations(block, rendering, where)
    elif not rendering.same and kind == OUTPUT:
        built["annotations"] = []
    if block.cache is not None:
        rendering.cache(built, block.cache, where)
    return rendering.keep(built, block.extra, where)


def render_citations(block: Text, rendering: Rendering, where: str) -> list[Any]:
    """The annotations of a text: its own, or what can be said of another dialect's."""
    if rendering.same:
        return list(block.citations)
    found = [render_citation(citation, len(block.text)) for citation in block.citations]
    if None in found:
        rendering.lose(f"{where}.citations", "OpenAI's annotations have another shape")
    return [citation for citation in found if citation is not None]


def _build(block: Block, rendering: Rendering, where: str, usual: str) -> dict[str, Any] | None:
    match block:
        case Image() if usual == INPUT or rendering.same:
            return _render_image(block, rendering)
        case Document() if usual == INPUT or rendering.same:
            return _render_file(block)
        case Audio() if usual == INPUT or rendering.same:
            found: dict[str, Any] | None = render_chat_part(block, rendering, where)
            return found
        case Refusal():
            return {"type": "refusal", "refusal": block.text}
        case _:
            return None


def _render_image(block: Image, rendering: Rendering) -> dict[str, Any]:
    built: dict[str, Any] = {"type": "input_image"}
    if block.source.file_id is not None:
        built["file_id"] = block.source.file_id
    else:
        built["image_url"] = write_url(block.source)
    if block.detail is not None:
        built["detail"] = block.detail
    elif not rendering.same:
        built["detail"] = "auto"  # Required by OpenAI's own types.
    return built


def _render_file(block: Document) -> dict[str, Any]:
    source, built = block.source, dict[str, Any]({"type": "input_file"})
    if source.data is not None:
        built["file_data"] = write_url(source)
    elif source.url is not None:
        built["file_url"] = source.url
    else:
        built["file_id"] = source.file_id
    if block.title is not None:
        built["filename"] = block.title
    return built
