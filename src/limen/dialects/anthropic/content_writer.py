"""The hub's blocks, written as content blocks of Anthropic's messages.

A provider gets only proofs that Anthropic issued, and no thoughts without one, which it would refuse. A client gets
every proof, those of others sealed, and brings them back.

Must not: know roles.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.anthropic.citations import page_citation
from limen.dialects.anthropic.content import PLAIN, SEARCH, UNSIGNED
from limen.dialects.anthropic.identifiers import call_id
from limen.dialects.anthropic.media import render_document, render_image
from limen.dialects.extra import marks_of
from limen.dialects.rendering import Rendering
from limen.dialects.seal import NO_PROOF, seal_id, seal_proof
from limen.model.content import (
    Audio,
    Block,
    CacheMark,
    Document,
    Image,
    Opaque,
    Proof,
    Refusal,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def render_block(block: Block, rendering: Rendering, where: str) -> Any:
    """`block` in Anthropic's words, or None, with a loss noted, if there are none for it."""
    match block:
        case Text():
            return _text(block, rendering, where)
        case ToolCall():
            return _call(block, rendering, where)
        case ToolResult():
            return _result(block, rendering, where)
        case Thinking():
            return _thinking(block, rendering, where)
        case Image() | Document():
            return _media(block, rendering, where)
        case Opaque() | ServerTool():
            return rendering.own(block, where)
        case Refusal():
            rendering.lose(where, "a refusal is said as text")
            return rendering.keep({"type": "text", "text": block.text}, block.extra, where)
        case Audio():
            return _transcript(block, rendering, where)


def _finish(built: dict[str, Any], block: Any, rendering: Rendering, where: str) -> dict[str, Any]:
    cache: CacheMark | None = block.cache
    if cache is not None:
        built["cache_control"] = {"type": "ephemeral"} if cache.ttl is None else {"type": "ephemeral", "ttl": cache.ttl}
    return rendering.keep(built, block.extra, where) if block.extra or marks_of(block.extra) else built


def _text(block: Text, rendering: Rendering, where: str) -> dict[str, Any]:
    if rendering.marked(block.extra, SEARCH):
        return _finish({"type": "search_result"}, block, rendering, where)
    built: dict[str, Any] = {"type": "text", "text": block.text}
    if block.citations:
        if rendering.same:
            built["citations"] = block.citations
        else:
            found = render_citations(block.citations, block.text, rendering, where)
            if found:
                built["citations"] = found
    return _finish(built, block, rendering, where)


def render_citations(citations: tuple[Any, ...], text: str, rendering: Rendering, where: str) -> list[Any]:
    """Another dialect's citations, as far as they name web pages. Only for a client: Anthropic knows none but its own."""
    found = [page_citation(citation, text) for citation in citations] if rendering.answer else [None]
    if None in found:
        rendering.lose(f"{where}.citations", "only citations of web pages can be told here")
    return [citation for citation in found if citation is not None]


def _call(call: ToolCall, rendering: Rendering, where: str) -> dict[str, Any] | None:
    if call.kind != "function":
        rendering.lose(where, f"a call of type {call.kind}, which this dialect does not have")
        return None
    built = {"type": "tool_use", "id": render_call_id(call, rendering, where), "name": call.name}
    built["input"] = arguments(call.arguments, rendering, where)
    return _finish(built, call, rendering, where)


def render_call_id(call: ToolCall, rendering: Rendering, where: str) -> str:
    """The call's name: as it is at home, with another issuer's proof in it for a client, made fit for the provider."""
    if rendering.answer:
        return call.id if call.proof is None else seal_id(call.id, (), call.proof)
    if call.proof is not None:
        rendering.lose(f"{where}.proof", f"only {call.proof.issuer} can read it")
    return call.id if rendering.same else call_id(call.id)


def arguments(text: str, rendering: Rendering, where: str) -> Any:
    """The arguments of a call, which must be an object here."""
    if not text.strip():
        return {}
    encoded = text.encode("utf-8", "surrogatepass")
    if rendering.same:
        return msgspec.Raw(encoded)
    try:
        _OBJECT.decode(encoded)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        rendering.lose(f"{where}.arguments", "they are not a JSON object, and stand in one as text")
        return {"arguments": text}
    return msgspec.Raw(encoded)


def _result(result: ToolResult, rendering: Rendering, where: str) -> dict[str, Any]:
    built: dict[str, Any] = {"type": "tool_result"}
    built["tool_use_id"] = result.call_id if rendering.same or rendering.answer else call_id(result.call_id)
    content = _result_content(result, rendering, f"{where}.content")
    if content is not None:
        built["content"] = content
    if result.is_error is not None:
        built["is_error"] = result.is_error
    if result.name is not None:
        rendering.lose(f"{where}.name", "the call it answers has the name")
    return _finish(built, result, rendering, where)


def _result_content(result: ToolResult, rendering: Rendering, where: str) -> Any:
    """A bare string where the wire had one, or another dialect's text fits in one; empty text is refused, so it is left out."""
    blocks = result.content
    if (
        len(blocks) == 1
        and isinstance(blocks[0], Text)
        and (rendering.marked(result.extra, PLAIN) or not rendering.same)
    ):
        only = blocks[0]
        if rendering.same:
            return only.text
        if only.cache is None and not only.citations:
            rendering.keep({}, only.extra, f"{where}[0]")
            return only.text or None
    found = []
    for index, block in enumerate(blocks):
        place = f"{where}[{index}]"
        if not rendering.same and isinstance(block, Text) and not block.text.strip():
            rendering.lose(place, "an empty text, which is refused here")
            continue
        built = render_block(block, rendering, place)
        if built is not None:
            found.append(built)
    return found if found or rendering.same else None


def _thinking(block: Thinking, rendering: Rendering, where: str) -> dict[str, Any] | None:
    proof = block.proof
    value = None
    if proof is None:
        if not rendering.answer and (not rendering.same or rendering.marked(block.extra, UNSIGNED)):
            rendering.lose(where, "thoughts without Anthropic's signature are refused here")
            return None
    elif proof.issuer == rendering.wire or rendering.answer:
        value = render_proof(proof, rendering)
    else:
        rendering.lose(f"{where}.proof", f"only {proof.issuer} can read it")
        if block.text:
            rendering.lose(where, "thoughts without Anthropic's signature are refused here")
        return None
    if block.redacted and not block.text:
        if value is None and not rendering.same:
            return None
        built = {"type": "redacted_thinking"} if value is None else {"type": "redacted_thinking", "data": value}
        return rendering.keep(built, block.extra, where)
    built = {"type": "thinking", "thinking": block.text}
    if value is not None:
        built["signature"] = value
    elif not rendering.same:
        built["signature"] = seal_proof(NO_PROOF)
    return rendering.keep(built, block.extra, where)


def render_proof(proof: Proof, rendering: Rendering) -> str:
    """`proof` as a signature: its own text, or, if another issued it, sealed."""
    return proof.value if proof.issuer == rendering.wire else seal_proof(proof)


def _media(block: Image | Document, rendering: Rendering, where: str) -> dict[str, Any] | None:
    if rendering.answer and not rendering.same:
        rendering.lose(where, "an answer holds no pictures or files here")
        return None
    if isinstance(block, Image):
        kind, source = "image", render_image(block, rendering, where)
    else:
        kind, source = "document", render_document(block, rendering, where)
    if source is None:
        return None
    built: dict[str, Any] = {"type": kind, "source": source}
    if isinstance(block, Document) and block.title is not None:
        built["title"] = block.title
    return _finish(built, block, rendering, where)


def _transcript(block: Audio, rendering: Rendering, where: str) -> dict[str, Any] | None:
    if not block.transcript:
        rendering.lose(where, "this dialect has no sound")
        return None
    rendering.lose(where, "of the sound only the transcript is said")
    return {"type": "text", "text": block.transcript}
