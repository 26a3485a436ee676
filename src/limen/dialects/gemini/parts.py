"""The parts of a content, to and from the hub's blocks.

A part holds one thing, and may be marked as a thought or signed. A signature on a part that the hub has no place for one in
becomes a redacted :class:`Thinking` behind it, which is how other dialects carry such a thing.

Must not: know roles.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.gemini.call_ids import Pairing
from limen.dialects.gemini.function_parts import render_call, render_result, take_call, take_result
from limen.dialects.gemini.media import render_media, take_media
from limen.dialects.gemini.proofs import put_signature, read_signature
from limen.dialects.gemini.spelling import WIRE, keep, respell, take_text
from limen.dialects.members import type_name
from limen.dialects.rendering import Rendering
from limen.dialects.seal import open_id
from limen.errors import BadRequest
from limen.model.content import (
    Audio,
    Block,
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

_KEYS = frozenset({"thoughtSignature", "inlineData", "fileData", "functionCall", "functionResponse"})
_SERVER_TOOLS = frozenset(
    {
        "executableCode",
        "codeExecutionResult",
        "toolCall",
        "toolResponse",
        "executable_code",
        "code_execution_result",
        "tool_call",
        "tool_response",
    }
)
BESIDE = "beside"
"""Mark: the signature stood on the part before."""
THOUGHT = "thought"
"""Mark: the part was a thought though it has no text."""
_NO_THOUGHT = "thought:false"
"""Mark: `thought` was there, and false."""


def parse_part(value: Any, path: str, pairing: Pairing | str, *, strict: bool) -> tuple[Block, ...]:
    """The blocks of one part: one, or two where a signature follows. `strict` wants an object. See `take_call` on `pairing`."""
    if not isinstance(value, dict):
        if strict:
            given = type_name(value)
            raise BadRequest(f"Invalid value at '{path}': a part is an object, not {given}.", param=path)
        return (Opaque(WIRE, value),)
    part = dict(value)
    marks = respell(part, _KEYS)
    signature = take_text(part, "thoughtSignature")
    proof = None if signature is None else read_signature(signature)
    if type(part.get("thought")) is bool:
        marks.append(THOUGHT if part.pop("thought") else _NO_THOUGHT)
    thought = THOUGHT in marks
    if isinstance(part.get("text"), str) or (proof is not None and not part):
        return _text(part, marks, proof, thought=thought)
    if thought:
        return (Opaque(WIRE, value),)
    if "functionCall" in part:
        call = take_call(part, marks, proof, pairing)
        return (Opaque(WIRE, value),) if call is None else (*_carried(value), call)
    if "functionResponse" in part and isinstance(pairing, Pairing) and proof is None:
        result = take_result(part, marks, pairing)
        return (Opaque(WIRE, value),) if result is None else (result,)
    media = take_media(part, marks)
    if media is not None:
        return (media,) if proof is None else (media, _beside(proof))
    return (ServerTool(WIRE, value) if value.keys() & _SERVER_TOOLS else Opaque(WIRE, value),)


def _carried(value: dict[str, Any]) -> tuple[Thinking, ...]:
    """The thoughts that the id of a call carried for another dialect's provider."""
    call = value.get("functionCall") or value.get("function_call")
    name = call.get("id") if isinstance(call, dict) else None
    return open_id(name).thoughts if isinstance(name, str) else ()


def _text(part: dict[str, Any], marks: list[str], proof: Proof | None, *, thought: bool) -> tuple[Block, ...]:
    text = take_text(part, "text")
    if text is None:
        marks.append("-text")
    if thought:
        if text:
            marks.remove(THOUGHT)
        return (Thinking(text or "", proof, redacted=not text and proof is not None, extra=extra_of(part, *marks)),)
    if not text and proof is not None:
        return (Thinking("", proof, redacted=True, extra=extra_of(part, *marks)),)
    block = Text(text or "", extra=extra_of(part, *marks))
    return (block,) if proof is None else (block, _beside(proof))


def _beside(proof: Proof) -> Thinking:
    return Thinking("", proof, redacted=True, extra=Extra({}, (BESIDE,)))


def render_parts(
    blocks: tuple[Block, ...], names: dict[str, str], rendering: Rendering, where: str
) -> list[dict[str, Any]]:
    """`blocks` as parts. `names` has the function of each call in the conversation."""
    parts: list[dict[str, Any]] = []
    for index, block in enumerate(blocks):
        place = f"{where}[{index}]"
        if isinstance(block, Thinking) and parts and BESIDE in marks_of(block.extra) and rendering.same:
            _put_beside(parts[-1], blocks[index - 1], block, rendering, place)
            continue
        part = render_part(block, names, rendering, place)
        if part is not None or (rendering.same and isinstance(block, Opaque)):
            parts.append(part)
    return parts


def _put_beside(part: dict[str, Any], block: Block, signed: Thinking, rendering: Rendering, where: str) -> None:
    put_signature(part, signed.proof, rendering, where)
    if "_thought_signature" in marks_of(getattr(block, "extra", {})):
        part["thought_signature"] = part.pop("thoughtSignature")


def render_part(block: Block, names: dict[str, str], rendering: Rendering, where: str) -> Any:
    """`block` as a part; None, with a loss noted, for what can't be one."""
    match block:
        case Text():
            return _render_text(block, rendering, where)
        case Thinking():
            return _render_thinking(block, rendering, where)
        case ToolCall():
            return _with_flag(render_call(block, rendering, where), block.extra, rendering)
        case ToolResult():
            return _with_flag(render_result(block, names, rendering, where), block.extra, rendering)
        case Image() | Audio() | Document():
            part = render_media(block, rendering, where)
            return part if part is None else _with_flag(part, block.extra, rendering)
        case Refusal():
            rendering.lose(where, "a refusal is told as text")
            return keep({"text": block.text}, block.extra, rendering, where)
        case Opaque() | ServerTool():
            return rendering.own(block, where)


def _render_text(block: Text, rendering: Rendering, where: str) -> dict[str, Any]:
    if block.citations and not rendering.same:
        rendering.lose(f"{where}.citations", "Gemini's citations have another shape")
    if block.cache is not None:
        rendering.lose(f"{where}.cache_control", "this dialect has no marks for prompt caches")
    return _with_flag(keep({"text": block.text}, block.extra, rendering, where), block.extra, rendering)


def _with_flag(part: dict[str, Any], extra: Any, rendering: Rendering) -> dict[str, Any]:
    if rendering.marked(extra, _NO_THOUGHT):
        part["thought"] = False
    return part


def _render_thinking(block: Thinking, rendering: Rendering, where: str) -> dict[str, Any] | None:
    proof = block.proof
    if proof is not None and proof.issuer != WIRE and not rendering.answer and not block.text:
        rendering.lose(where, f"only {proof.issuer} can read it")
        return None
    part: dict[str, Any] = {"text": block.text}
    if block.text or rendering.marked(block.extra, THOUGHT) or (proof is None and not rendering.same):
        part["thought"] = True
    put_signature(part, proof, rendering, where)
    return _with_flag(keep(part, block.extra, rendering, where), block.extra, rendering)
