"""The blocks a message is made of, whatever dialect it came in.

Pure values. `extra` holds the keys that the parser of the block's own dialect did not know; a renderer gives them back to
the same dialect and notes them as a loss elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

NOTHING: Mapping[str, Any] = {}


class CacheMark(msgspec.Struct, frozen=True):
    """Ask the provider to cache the prompt up to here. `ttl` is the provider's own word, such as ``5m`` or ``1h``."""

    ttl: str | None = None


class Proof(msgspec.Struct, frozen=True):
    """Opaque provider state that must be echoed back, to its issuer only.

    `issuer` is the dialect that issued it; `value` is its text, `id` the provider's name for the item.
    """

    issuer: str
    value: str
    id: str | None = None


class Source(msgspec.Struct, frozen=True):
    """Where media come from: exactly one of `data` (base64), `url` and `file_id` is set."""

    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    media_type: str | None = None


class Text(msgspec.Struct, frozen=True, tag="text"):
    """Plain text, with the citations the provider gave for it."""

    text: str
    citations: tuple[Any, ...] = ()
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class Image(msgspec.Struct, frozen=True, tag="image"):
    """A picture. `detail` is OpenAI's low / high / auto."""

    source: Source
    detail: str | None = None
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class Audio(msgspec.Struct, frozen=True, tag="audio"):
    """Sound; `format` is a short name such as ``wav``, `transcript` what is said in it, if known."""

    source: Source
    format: str | None = None
    transcript: str | None = None
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class Document(msgspec.Struct, frozen=True, tag="document"):
    """A file such as a PDF."""

    source: Source
    title: str | None = None
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class ToolCall(msgspec.Struct, frozen=True, tag="tool_call"):
    """The model asks for a tool. `arguments` is the JSON text exactly as the model wrote it.

    `kind` is ``function``, or the dialect's word for another type of client-side tool.
    """

    id: str
    name: str
    arguments: str
    kind: str = "function"
    proof: Proof | None = None
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class ToolResult(msgspec.Struct, frozen=True, tag="tool_result"):
    """What a tool answered: text and pictures. `name` is the tool's, where the dialect gives it."""

    call_id: str
    content: tuple[Text | Image | Document | Opaque, ...]
    is_error: bool | None = None
    name: str | None = None
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class Thinking(msgspec.Struct, frozen=True, tag="thinking"):
    """The model's reasoning. `redacted` means that only `proof` holds it."""

    text: str
    proof: Proof | None = None
    redacted: bool = False
    extra: Mapping[str, Any] = NOTHING


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """The model declines, in its own words."""

    text: str
    extra: Mapping[str, Any] = NOTHING


class ServerTool(msgspec.Struct, frozen=True, tag="server_tool"):
    """A tool that the provider itself ran, and its result, as its dialect writes it."""

    dialect: str
    data: Any


class Opaque(msgspec.Struct, frozen=True, tag="opaque"):
    """A block that the parser of `dialect` does not know. It goes back to that dialect verbatim."""

    dialect: str
    data: Any


Block = Text | Image | Audio | Document | ToolCall | ToolResult | Thinking | Refusal | ServerTool | Opaque
