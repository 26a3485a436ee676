"""Content blocks, read: each is an object with one member, which says its type.

A cache point is a block of its own on the wire; in the hub it is a mark on the block before it. Tools that a model runs at
Bedrock, and blocks of types that the hub has no word for (video, search results), are kept whole.
Source: the API reference of ContentBlock.

Must not: know roles but for one thing: a result in the model's own turn is of a tool that Bedrock ran.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.media import document_type, picture_type, read_source, sound_type
from limen.dialects.bedrock.proofs import read_hidden, read_signature
from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.json_text import encode
from limen.dialects.members import type_name
from limen.dialects.seal import MARK, open_id
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    Block,
    CacheMark,
    Document,
    Image,
    Opaque,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

JSON = "json"
"""Mark: a piece of a tool's result was JSON, and the hub has its text."""
CITED = "cited"
"""Mark: the text stood in ``citationsContent``."""
GUARD = "guardContent"
"""The member of a block that a guardrail is to look at, and of the extra of what it holds."""
CACHE_POINT = "cachePoint"
TYPED = "typed"
"""Mark: a tool call said that its type is ``tool_use``, as some models' do."""

CanHoldCache = Text | Image | Audio | Document | ToolCall | ToolResult


def parse_blocks(values: list[Any], where: str, *, strict: bool, own: bool = False) -> tuple[Block, ...]:
    """The blocks of `values`, which stand at `where`. `own`: they are the model's. A strict reader raises BadRequest."""
    blocks: list[Block] = []
    opened = False
    for index, value in enumerate(values):
        text = value.get("text") if type(value) is dict and len(value) == 1 else None
        if type(text) is str:
            blocks.append(Text(text))
            continue
        block = _parse(value, f"{where}[{index}]", strict=strict, own=own)
        if block is None:
            mark = read_cache_point(value[CACHE_POINT])
            last = blocks[-1] if blocks else None
            if mark is not None and isinstance(last, CanHoldCache) and last.cache is None:
                blocks[-1] = msgspec.structs.replace(last, cache=mark)
                continue
            block = Opaque(WIRE, value)
        opened = opened or (isinstance(block, ToolCall) and MARK in block.id)
        blocks.append(block)
    return _open_calls(blocks) if opened else tuple(blocks)


def _open_calls(blocks: list[Block]) -> tuple[Block, ...]:
    """`blocks` with what the ids of calls carried for another dialect's provider in its place."""
    known = {block.proof for block in blocks if isinstance(block, Thinking)}
    found: list[Block] = []
    for block in blocks:
        if not isinstance(block, ToolCall):
            found.append(block)
            continue
        opened = open_id(block.id)
        found += [thought for thought in opened.thoughts if thought.proof not in known]
        found.append(msgspec.structs.replace(block, id=opened.id, proof=opened.proof))
    return tuple(found)


def read_cache_point(value: Any) -> CacheMark | None:
    """The mark that ``cachePoint`` holds; None for one of unknown shape."""
    if not isinstance(value, dict) or value.get("type") != "default" or value.keys() - {"type", "ttl"}:
        return None
    ttl = value.get("ttl")
    return None if "ttl" in value and not isinstance(ttl, str) else CacheMark(ttl)


def _parse(value: Any, where: str, *, strict: bool, own: bool) -> Block | None:
    """One block; None for a cache point."""
    if type(value) is not dict:
        if strict:
            raise _wrong(where, "an object", value)
        return Opaque(WIRE, value)
    key = next((key for key in value if key in _READERS), None)
    if key is None:
        return None if len(value) == 1 and CACHE_POINT in value else Opaque(WIRE, value)
    if own and key == "toolResult":
        return ServerTool(WIRE, value)
    block = _READERS[key](value[key])
    if block is None:
        if strict and key in _SHAPES:
            _refuse(value[key], f"{where}.{key}", _SHAPES[key])
        return Opaque(WIRE, value)
    if isinstance(block, ServerTool):
        return ServerTool(WIRE, value)
    if len(value) > 1:
        others = {other: kept for other, kept in value.items() if other != key}
        block = _with_more(block, others)
    return block


def _with_more(block: Any, others: dict[str, Any]) -> Block:
    extra = Extra({**block.extra, **others}, marks_of(block.extra))
    found: Block = msgspec.structs.replace(block, extra=extra)
    return found


# What a block must have that a strict reader would miss: its members, and their types.
_SHAPES: dict[str, tuple[tuple[str, type, str], ...]] = {
    "text": (),
    "toolUse": (("toolUseId", str, "a string"), ("name", str, "a string")),
    "toolResult": (("toolUseId", str, "a string"), ("content", list, "an array")),
}


def _refuse(value: Any, where: str, shape: tuple[tuple[str, type, str], ...]) -> None:
    if not shape:
        raise _wrong(where, "a string", value)
    if not isinstance(value, dict):
        raise _wrong(where, "an object", value)
    for key, kind, expected in shape:
        if not isinstance(value.get(key), kind):
            raise _wrong(f"{where}.{key}", expected, value.get(key))


def _wrong(where: str, expected: str, value: Any) -> BadRequest:
    given = type_name(value)
    return BadRequest(
        f"Invalid type for '{where}': expected {expected}, but got {given} instead.", param=where, code="invalid_type"
    )


def _nested(key: str, rest: dict[str, Any], *marks: str) -> Any:
    """`rest`, what remains of the object under `key`, as a block's `extra`; marks on members go with them."""
    inner = tuple([mark for mark in marks if mark[0] == "-"])
    outer = tuple([mark for mark in marks if mark[0] != "-"])
    kept = {key: Extra(rest, inner) if inner else rest} if rest or inner else {}
    return extra_of(kept, *outer)


def _text(value: Any) -> Block | None:
    return Text(value) if isinstance(value, str) else None


def _image(value: Any) -> Block | None:
    if not isinstance(value, dict):
        return None
    word = value.get("format")
    read = read_source(value.get("source"), picture_type(word) if word and isinstance(word, str) else None)
    if read is None:
        return None
    source, more, marks = read
    return Image(source, extra=_nested("image", _rest(value, ("source", "format"), more), *marks))


def _document(value: Any) -> Block | None:
    if not isinstance(value, dict):
        return None
    word = value.get("format")
    read = read_source(value.get("source"), document_type(word) if word and isinstance(word, str) else None)
    if read is None:
        return None
    source, more, marks = read
    if not word or not isinstance(word, str):
        marks = (*marks, "-format")
    title = value.get("name")
    extra = _nested("document", _rest(value, ("source", "format", "name"), more), *marks)
    return Document(source, title if isinstance(title, str) else None, extra=extra)


def _audio(value: Any) -> Block | None:
    if not isinstance(value, dict):
        return None
    word = value.get("format")
    read = read_source(value.get("source"), sound_type(word) if word and isinstance(word, str) else None)
    if read is None:
        return None
    source, more, marks = read
    extra = _nested("audio", _rest(value, ("source", "format"), more), *marks)
    return Audio(source, word if word and isinstance(word, str) else None, extra=extra)


def _rest(value: dict[str, Any], known: tuple[str, ...], source: dict[str, Any]) -> dict[str, Any]:
    """What is left of `value` beside the `known` members; those of a type that could not be read are left too."""
    rest = {
        key: kept
        for key, kept in value.items()
        if key not in known or (key != "source" and not (kept and type(kept) is str))
    }
    return {**rest, "source": source} if source else rest


def _tool_use(value: Any) -> Block | None:
    if not isinstance(value, dict):
        return None
    name, call_id, kind = value.get("name"), value.get("toolUseId"), value.get("type")
    if not isinstance(name, str) or not isinstance(call_id, str):
        return None
    if kind not in (None, "tool_use"):
        return ServerTool(WIRE, value)
    rest = {key: kept for key, kept in value.items() if key not in ("name", "toolUseId", "input")}
    marks = [] if "input" in value else ["-input"]
    if kind is not None:
        del rest["type"]
        marks.append(TYPED)
    arguments = encode(value["input"]).decode() if "input" in value else ""
    return ToolCall(call_id, name, arguments, extra=_nested("toolUse", rest, *marks))


def _tool_result(value: Any) -> Block | None:
    if not isinstance(value, dict):
        return None
    call_id, content, status = value.get("toolUseId"), value.get("content"), value.get("status")
    if not isinstance(call_id, str) or not isinstance(content, list):
        return None
    if not all(isinstance(piece, dict) for piece in content):
        return None
    if "type" in value:
        return ServerTool(WIRE, value)
    rest = {key: kept for key, kept in value.items() if key not in ("toolUseId", "content", "status")}
    if status not in ("success", "error") and "status" in value:
        rest["status"] = status
    is_error = {"success": False, "error": True}.get(status) if isinstance(status, str) else None
    pieces = tuple([_piece(piece) for piece in content])
    return ToolResult(open_id(call_id).id, pieces, is_error, extra=_nested("toolResult", rest))


def _piece(value: Any) -> Text | Image | Document | Opaque:
    """One piece of a tool's result."""
    if isinstance(value, dict) and len(value) == 1:
        if isinstance(value.get("text"), str):
            return Text(value["text"])
        if "json" in value:
            return Text(encode(value["json"]).decode(), extra=extra_of({}, JSON))
        key = next(iter(value))
        block = _READERS[key](value[key]) if key in ("image", "document") else None
        if isinstance(block, Image | Document):
            return block
    return Opaque(WIRE, value)


def _guard(value: Any) -> Block | None:
    """What a guardrail is to look at is shown to the model too: so it is text, or a picture, with a word on the guardrail."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    inner = value.get("text")
    if isinstance(inner, dict) and isinstance(inner.get("text"), str):
        rest = {key: kept for key, kept in inner.items() if key != "text"}
        return Text(inner["text"], extra={GUARD: {"text": rest}})
    picture = _image(value.get("image"))
    if isinstance(picture, Image):
        kept = picture.extra.get("image", {})
        return msgspec.structs.replace(picture, extra=Extra({GUARD: {"image": kept}}, marks_of(picture.extra)))
    return None


def _reasoning(value: Any) -> Block | None:
    if not isinstance(value, dict) or len(value) != 1:
        return None
    hidden = value.get("redactedContent")
    if isinstance(hidden, str):
        return Thinking("", read_hidden(hidden), redacted=True)
    told = value.get("reasoningText")
    if not isinstance(told, dict) or not isinstance(told.get("text"), str):
        return None
    rest = {key: kept for key, kept in told.items() if key != "text"}
    signature = rest.get("signature")
    proof = None
    if signature and isinstance(signature, str):
        del rest["signature"]
        proof = read_signature(signature)
    return Thinking(told["text"], proof, extra={"reasoningContent": {"reasoningText": rest}} if rest else {})


def _cited(value: Any) -> Block | None:
    """Text with its citations. One text is the rule; a list of another shape is kept beside the text that it adds up to."""
    if not isinstance(value, dict):
        return None
    pieces, citations = value.get("content"), value.get("citations")
    rest = {key: kept for key, kept in value.items() if key not in ("content", "citations")}
    marks = [CITED]
    text = ""
    if not isinstance(pieces, list):
        marks.append("-content")
        if "content" in value:
            rest["content"] = pieces
    elif len(pieces) == 1 and isinstance(pieces[0], dict) and pieces[0].keys() == {"text"}:
        text = pieces[0]["text"] if isinstance(pieces[0]["text"], str) else ""
        if text != pieces[0]["text"]:
            return None
    else:
        texts = [piece.get("text") for piece in pieces if isinstance(piece, dict)]
        text = "".join([found for found in texts if isinstance(found, str)])
        marks.append("-content")
        rest["content"] = pieces
    if not isinstance(citations, list):
        marks.append("-citations")
        if "citations" in value:
            rest["citations"] = citations
    found = tuple(citations) if isinstance(citations, list) else ()
    return Text(text, found, extra=_nested("citationsContent", rest, *marks))


_READERS: dict[str, Callable[[Any], Block | None]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "audio": _audio,
    "toolUse": _tool_use,
    "toolResult": _tool_result,
    GUARD: _guard,
    "reasoningContent": _reasoning,
    "citationsContent": _cited,
}
