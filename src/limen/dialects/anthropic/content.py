"""Content blocks of Anthropic's messages, read into the hub's.

A block of an unknown type is kept whole as Opaque, and one about a tool that Anthropic itself runs as ServerTool. A
request is read strictly: a block of a known type without what makes it one is refused, as Anthropic refuses it.

Must not: know roles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from limen.dialects.anthropic.media import take_document, take_source, text_in
from limen.dialects.extra import Extra, extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import type_name
from limen.dialects.rendering import take_cache
from limen.dialects.seal import NO_PROOF, open_id, unseal_proof
from limen.errors import BadRequest
from limen.model.content import (
    Block,
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

PLAIN = "plain"
"""Mark: the content of a tool's result was a bare string."""
SEARCH = "search_result"
"""Mark: the text is that of a search result, which `extra` has whole."""
UNSIGNED = "unsigned"
"""Mark: thoughts that nobody signed, which a client of this dialect carried under a seal with nothing in it."""

_SERVER_CALLS = ("server_tool_use", "mcp_tool_use")
_SERVER_RESULT = "_tool_result"


def parse_blocks(values: list[Any], path: str, wire: str, *, strict: bool) -> tuple[Block, ...]:
    """The blocks of a list at `path`; `strict` for what a client sent."""
    return tuple([parse_block(value, f"{path}[{index}]", wire, strict=strict) for index, value in enumerate(values)])


def parse_block(value: Any, path: str, wire: str, *, strict: bool) -> Block:
    """One block. BadRequest, if `strict`, for what is not an object with a type, or lacks what its type requires."""
    kind = value.get("type") if type(value) is dict else None
    if type(kind) is not str:
        if strict:
            raise _shapeless(value, path)
        return Opaque(wire, value)
    reader = _READERS.get(kind)
    if reader is not None:
        block = reader(value, path, wire, strict)
        if block is None and strict:
            raise BadRequest(f"Invalid content block of type '{kind}' at '{path}'.", param=path, code="invalid_value")
        return Opaque(wire, value) if block is None else block
    if kind in _SERVER_CALLS or kind.endswith(_SERVER_RESULT):
        return ServerTool(wire, value)
    return Opaque(wire, value)


def _shapeless(value: Any, path: str) -> BadRequest:
    if type(value) is dict:
        return BadRequest(f"{path}.type: Field required", param=f"{path}.type", code="missing_required_parameter")
    given = type_name(value)
    return BadRequest(
        f"Invalid type for '{path}': expected an object, but got {given} instead.", param=path, code="invalid_type"
    )


# Each reader looks before it takes, so that a block it declines is still whole.


def _text(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    text = rest.get("text")
    if type(text) is not str:
        return None
    del rest["type"], rest["text"]
    if not rest:
        return Text(text)
    cache, citations = take_cache(rest), rest.get("citations")
    if citations and type(citations) is list:
        del rest["citations"]
        return Text(text, tuple(citations), cache, extra_of(rest))
    return Text(text, cache=cache, extra=extra_of(rest))


def _image(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    taken = take_source(rest)
    if taken is None:
        return Opaque(wire, rest) if type(rest.get("source")) is dict else None
    del rest["type"]
    return Image(taken[0], cache=take_cache(rest), extra=extra_of(rest, *taken[1]))


def _document(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    taken = take_document(rest)
    if taken is None:
        return Opaque(wire, rest) if type(rest.get("source")) is dict else None
    del rest["type"]
    title = rest.pop("title") if type(rest.get("title")) is str else None
    return Document(taken[0], title, take_cache(rest), extra_of(rest, *taken[1]))


def _search_result(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    if type(rest.get("content")) is not list:
        return None
    del rest["type"]
    return Text(text_in(rest["content"]), cache=take_cache(rest), extra=Extra(rest, (SEARCH,)))


def _tool_use(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    name, tool = rest.get("id"), rest.get("name")
    if type(name) is not str or type(tool) is not str:
        return None
    del rest["type"], rest["id"], rest["name"]
    marks: tuple[str, ...] = ()
    if "input" in rest:
        arguments = encode(rest.pop("input")).decode()
    else:
        arguments, marks = "", ("-input",)
    return ToolCall(name, tool, arguments, cache=take_cache(rest), extra=extra_of(rest, *marks))


def _tool_result(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    name = rest.get("tool_use_id")
    if type(name) is not str:
        return None
    content = rest.get("content")
    blocks: tuple[Block, ...] = ()
    marks: tuple[str, ...] = ()
    if type(content) is str:
        del rest["content"]
        blocks, marks = (Text(content),), (PLAIN,)
    elif type(content) is list:
        blocks = parse_blocks(rest.pop("content"), f"{path}.content", wire, strict=strict)
    else:
        marks = ("-content",)
    del rest["type"], rest["tool_use_id"]
    failed = rest.pop("is_error") if type(rest.get("is_error")) is bool else None
    found = cast(tuple[Text | Image | Document | Opaque, ...], blocks)
    return ToolResult(open_id(name).id, found, failed, cache=take_cache(rest), extra=extra_of(rest, *marks))


def _thinking(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    text = rest.get("thinking")
    if type(text) is not str:
        return None
    del rest["type"], rest["thinking"]
    return _proven(text, "signature", rest, wire, redacted=False)


def _redacted(rest: dict[str, Any], path: str, wire: str, strict: bool) -> Block | None:
    if type(rest.get("data")) is not str:
        return None
    del rest["type"]
    return _proven("", "data", rest, wire, redacted=True)


def _proven(text: str, key: str, rest: dict[str, Any], wire: str, *, redacted: bool) -> Block:
    """Thoughts with the proof under `key`: another issuer's if it is sealed. An empty one says nothing, and stays."""
    value = rest.get(key)
    if type(value) is not str or not value:
        return Thinking(text, None, redacted, extra_of(rest))
    del rest[key]
    proof = read_proof(value, wire)
    return Thinking(text, proof, redacted, extra_of(rest) if proof is not None else extra_of(rest, UNSIGNED))


def read_proof(value: str, wire: str) -> Proof | None:
    """The proof in a signature: Anthropic's own, or what was sealed in it; None for a seal with nothing in it."""
    sealed = unseal_proof(value)
    if sealed is None:
        return Proof(wire, value)
    return None if sealed == NO_PROOF else sealed


_READERS: dict[str, Callable[[dict[str, Any], str, str, bool], Block | None]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
}
