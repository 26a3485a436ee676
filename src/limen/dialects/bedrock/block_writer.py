"""Content blocks, written.

What Bedrock would refuse is left out and named: blank text, pictures at an address, formats that it does not know, proofs of
others. Source: the API reference of ContentBlock, and the errors of Converse in issues of its users.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.bedrock import WIRE
from limen.dialects.bedrock.blocks import CITED, GUARD, JSON, TYPED
from limen.dialects.bedrock.citations import from_others
from limen.dialects.bedrock.media import (
    document_format,
    document_name,
    picture_format,
    sound_format,
    write_source,
)
from limen.dialects.bedrock.models import Model
from limen.dialects.bedrock.proofs import write_hidden, write_signature
from limen.dialects.bedrock.tool_ids import tool_use_id
from limen.dialects.extra import marks_of
from limen.dialects.json_text import NotJson, decode
from limen.dialects.rendering import Rendering
from limen.dialects.seal import seal_id
from limen.model.content import (
    NOTHING,
    Audio,
    Block,
    CacheMark,
    Document,
    Image,
    Opaque,
    Refusal,
    ServerTool,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)

_SILENT_ERROR = "The tool failed without a word."
"""A failed tool's result must not be empty: "The content field … cannot be empty when status value is error"."""


class BlockWriter:
    """Writes the blocks of one request or answer.

    `names` are those that documents have so far, `calls` the tools that were called, by the ids of the calls; `dropped` are
    the ids of calls that have no place.
    """

    __slots__ = ("calls", "dropped", "model", "names", "rendering")

    def __init__(self, rendering: Rendering, model: Model) -> None:
        self.rendering = rendering
        self.model = model
        self.names: set[str] = set()
        self.calls: dict[str, str] = {}
        self.dropped: set[str] = set()

    def write(self, blocks: tuple[Block, ...], where: str) -> list[dict[str, Any]]:
        """`blocks` in Bedrock's words, each cache mark a block of its own."""
        built: list[dict[str, Any]] = []
        for index, block in enumerate(blocks):
            built += self.write_one(block, f"{where}[{index}]")
        return built

    def write_one(self, block: Block, where: str) -> list[dict[str, Any]]:
        """One block, and its cache point; nothing for what has no place, which is noted."""
        if (
            type(block) is Text
            and block.extra is NOTHING
            and not block.citations
            and block.cache is None
            and block.text.strip()
        ):
            return [{"text": block.text}]
        if isinstance(block, Opaque | ServerTool) and block.dialect == WIRE:
            return [block.data]
        built = self._build(block, where)
        if built is None:
            return []
        cache: CacheMark | None = getattr(block, "cache", None)
        point = None if cache is None else self.cache_point(cache, where)
        return [built] if point is None else [built, point]

    def cache_point(self, cache: CacheMark, where: str) -> dict[str, Any] | None:
        """The block that marks what stands before it."""
        if not self.rendering.same and not self.model.caches:
            self.rendering.lose(f"{where}.cache_control", "the model keeps no caches that can be marked")
            return None
        return {"cachePoint": {"type": "default"} if cache.ttl is None else {"type": "default", "ttl": cache.ttl}}

    def _build(self, block: Block, where: str) -> dict[str, Any] | None:
        match block:
            case Text():
                return self._text(block, where)
            case Image() | Document() | Audio():
                return self._media(block, where)
            case ToolCall():
                return self._call(block, where)
            case ToolResult():
                return self._result(block, where)
            case Thinking():
                return self._thinking(block, where)
            case Refusal():
                self.rendering.lose(where, "a refusal is said as text")
                return {"text": block.text} if block.text.strip() else None
            case Opaque() | ServerTool():
                own: dict[str, Any] | None = self.rendering.own(block, where)
                return own

    def _text(self, block: Text, where: str) -> dict[str, Any] | None:
        rendering = self.rendering
        if rendering.same:
            if rendering.marked(block.extra, CITED):
                told = {"content": [{"text": block.text}], "citations": list(block.citations)}
                return rendering.keep({"citationsContent": told}, block.extra, where)
            if isinstance(block.extra.get(GUARD), dict):
                return rendering.keep({GUARD: {"text": {"text": block.text}}}, block.extra, where)
            return rendering.keep({"text": block.text}, block.extra, where)
        rendering.keep({}, block.extra, where)
        if not block.text.strip():
            if block.text:
                rendering.lose(where, "Bedrock refuses blank text")
            return None
        found = self._citations(block, where)
        if found:
            return {"citationsContent": {"content": [{"text": block.text}], "citations": found}}
        return {"text": block.text}

    def _citations(self, block: Text, where: str) -> list[Any]:
        if not block.citations:
            return []
        found = [from_others(citation) for citation in block.citations] if self.rendering.answer else []
        told = [citation for citation in found if citation is not None]
        if len(told) < len(block.citations):
            self.rendering.lose(f"{where}.citations", "Bedrock's citations have another shape")
        return told

    def _media(self, block: Image | Document | Audio, where: str) -> dict[str, Any] | None:
        """A picture, a document or sound. `detail` is a wish that only OpenAI's models know."""
        same, marks = self.rendering.same, marks_of(block.extra)
        source = write_source(block.source, marks if same else frozenset(), same=same)
        if isinstance(block, Image):
            key, word = "image", picture_format(block.source, same=same)
        elif isinstance(block, Document):
            key, word = "document", document_format(block.source, block.title, same=same)
        else:
            key, word = "audio", block.format if same else sound_format(block.format, block.source)
        if source is None or (word is None and not same):
            reason = "Bedrock takes bytes and places in S3 alone" if source is None else "Bedrock takes no such format"
            self.rendering.lose(where, reason)
            return None
        inner: dict[str, Any] = {"source": source} if word is None else {"format": word, "source": source}
        self._describe(block, inner, where)
        if same and isinstance(block.extra.get(GUARD), dict):
            return self.rendering.keep({GUARD: {key: inner}}, block.extra, where)
        return self.rendering.keep({key: inner}, block.extra, where)

    def _describe(self, block: Image | Document | Audio, inner: dict[str, Any], where: str) -> None:
        if isinstance(block, Document):
            if self.rendering.same:
                if block.title is not None:
                    inner["name"] = block.title
                return
            inner["name"] = document_name(block.title, self.names)
            if block.title is not None and inner["name"] != block.title:
                self.rendering.lose(f"{where}.title", "Bedrock allows few characters in a document's name")
        elif isinstance(block, Image) and block.detail is not None:
            self.rendering.lose(f"{where}.detail", "Bedrock has no such wish")
        elif isinstance(block, Audio) and block.transcript is not None:
            self.rendering.lose(f"{where}.transcript", "Bedrock has no place for it")

    def _call(self, block: ToolCall, where: str) -> dict[str, Any] | None:
        rendering = self.rendering
        if block.kind != "function":
            rendering.lose(where, f"a call of type {block.kind}, which Bedrock does not have")
            self.dropped.add(block.id)
            return None
        self.calls[block.id] = block.name
        inner: dict[str, Any] = {"toolUseId": self._call_id(block, where), "name": block.name}
        inner["input"] = self._input(block, where)
        if rendering.marked(block.extra, TYPED):
            inner["type"] = "tool_use"
        return rendering.keep({"toolUse": inner}, block.extra, where)

    def _call_id(self, block: ToolCall, where: str) -> str:
        """The call's id. A client carries the call's proof in it."""
        if block.proof is None:
            return block.id if self.rendering.same or self.rendering.answer else tool_use_id(block.id)
        if self.rendering.answer:
            return seal_id(block.id, (), block.proof)
        self.rendering.lose(f"{where}.proof", f"only {block.proof.issuer} can read it")
        return tool_use_id(block.id)

    def _input(self, block: ToolCall, where: str) -> Any:
        """The arguments as JSON. Bedrock wants an object; what the model wrote instead is put into one."""
        text = block.arguments
        if not text.strip():
            return {}
        try:
            value = decode(text.encode("utf-8", "surrogatepass"))
        except NotJson:
            value = None
        if isinstance(value, dict) or (self.rendering.same and value is not None):
            return value
        if self.rendering.same and text == "null":
            return None
        self.rendering.lose(f"{where}.arguments", "arguments that are no JSON object are wrapped in one")
        return {"arguments": text}

    def _result(self, block: ToolResult, where: str) -> dict[str, Any] | None:
        rendering = self.rendering
        if block.call_id in self.dropped:
            rendering.lose(where, "the result of a call that has no place")
            return None
        same = rendering.same
        pieces = [self._piece(piece, f"{where}.content[{i}]") for i, piece in enumerate(block.content)]
        content = [piece for piece in pieces if piece is not None]
        if block.name is not None and self.calls.get(block.call_id) != block.name:
            rendering.lose(f"{where}.tool_name", "a result is told apart by the id of its call alone")
        if block.is_error and not content and not same:
            content = [{"text": _SILENT_ERROR}]
        inner: dict[str, Any] = {"toolUseId": block.call_id if same else tool_use_id(block.call_id), "content": content}
        if block.is_error is not None:
            inner["status"] = "error" if block.is_error else "success"
        return rendering.keep({"toolResult": inner}, block.extra, where)

    def _piece(self, block: Text | Image | Document | Opaque, where: str) -> dict[str, Any] | None:
        """One piece of a tool's result, which unlike a message may be blank."""
        rendering = self.rendering
        if isinstance(block, Text):
            if rendering.marked(block.extra, JSON):
                return {"json": msgspec.Raw(block.text.encode())}
            rendering.keep({}, block.extra, where)
            if block.citations:
                rendering.lose(f"{where}.citations", "a tool's result has no citations")
            self._uncached(block.cache, where)
            return {"text": block.text}
        if isinstance(block, Image | Document):
            self._uncached(block.cache, where)
            return self._media(block, where)
        return self._build(block, where)

    def _uncached(self, cache: CacheMark | None, where: str) -> None:
        if cache is not None:
            self.rendering.lose(f"{where}.cache_control", "a cache point can't stand inside a tool's result")

    def _thinking(self, block: Thinking, where: str) -> dict[str, Any] | None:
        """A thought. A provider gets its own alone: Claude refuses a thought whose signature is another's, or is none."""
        rendering, proof = self.rendering, block.proof
        foreign = proof is not None and proof.issuer != WIRE
        if not rendering.answer and (foreign or (proof is None and not rendering.same)):
            rendering.lose(where, "Bedrock takes no thoughts but its own")
            if proof is not None:
                rendering.lose(f"{where}.proof", f"only {proof.issuer} can read it")
            return None
        if block.redacted and proof is not None:
            return rendering.keep({"reasoningContent": {"redactedContent": write_hidden(proof)}}, block.extra, where)
        inner: dict[str, Any] = {"text": block.text}
        if proof is not None:
            inner["signature"] = write_signature(proof)
        return rendering.keep({"reasoningContent": {"reasoningText": inner}}, block.extra, where)
