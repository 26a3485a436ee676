"""Where pictures and documents come from, in Anthropic's words: base64, a URL, a file's id; for documents also text.

Source: platform.claude.com, Messages API reference, `source` of image and document blocks.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any

from limen.dialects.rendering import Rendering
from limen.model.content import Document, Image, Source

TEXT = "text source"
"""Mark: the document was text, which the hub has as base64 like any file."""
CONTENT = "content source"
"""Mark: the document was a list of blocks, kept whole; the hub has their text."""

# The first bytes of each type, in base64: some clients send a picture without its type, which Anthropic requires.
_BEGINNINGS = (("iVBOR", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("UklGR", "image/webp"))


def take_source(rest: dict[str, Any]) -> tuple[Source, tuple[str, ...]] | None:
    """The `source` of a block, taken out of its members `rest`; what it has beyond what is known stays there."""
    told = rest.get("source")
    if type(told) is not dict:
        return None
    kind = told.get("type")
    if kind == "base64" and type(told.get("data")) is str:
        media_type = told.get("media_type")
        known = type(media_type) is str
        source = Source(data=told["data"], media_type=media_type if known else None)
        return _taken(rest, told, source, ("type", "data", "media_type") if known else ("type", "data"))
    if kind == "url" and type(told.get("url")) is str:
        return _taken(rest, told, Source(url=told["url"]), ("type", "url"))
    if kind == "file" and type(told.get("file_id")) is str:
        return _taken(rest, told, Source(file_id=told["file_id"]), ("type", "file_id"))
    return None


def _taken(
    rest: dict[str, Any], told: dict[str, Any], source: Source, keys: tuple[str, ...], *marks: str
) -> tuple[Source, tuple[str, ...]]:
    if len(told) == len(keys):
        del rest["source"]
    else:
        rest["source"] = {key: value for key, value in told.items() if key not in keys}
    return source, marks


def take_document(rest: dict[str, Any]) -> tuple[Source, tuple[str, ...]] | None:
    """The same for a document, which may also be text, or blocks of text."""
    told = rest.get("source")
    if type(told) is not dict:
        return None
    if told.get("type") == "text" and type(told.get("data")) is str and type(told.get("media_type")) is str:
        source = Source(data=_pack(told["data"]), media_type=told["media_type"])
        return _taken(rest, told, source, ("type", "data", "media_type"), TEXT)
    if told.get("type") == "content" and "content" in told:
        return Source(data=_pack(text_in(told["content"])), media_type="text/plain"), (CONTENT,)
    return take_source(rest)


def text_in(content: Any) -> str:
    """The text of `content`, a string or a list of blocks."""
    if isinstance(content, str):
        return content
    texts = [block.get("text") for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    return "\n".join([text for text in texts if isinstance(text, str)])


def _pack(text: str) -> str:
    return b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def _unpack(data: str) -> str | None:
    try:
        return b64decode(data).decode("utf-8", "surrogatepass")
    except ValueError:
        return None


def render_image(image: Image, rendering: Rendering, where: str) -> dict[str, Any] | None:
    """The `source` of a picture; None, and a loss, if it can't be had here."""
    source = image.source
    if source.data is not None and source.media_type is None and not rendering.same:
        kind = next((name for start, name in _BEGINNINGS if source.data.startswith(start)), "image/png")
        source = Source(data=source.data, media_type=kind)
    if image.detail is not None:
        rendering.lose(f"{where}.detail", "this dialect has one resolution for a picture")
    return _render_source(source, rendering, where)


def render_document(document: Document, rendering: Rendering, where: str) -> dict[str, Any] | None:
    """The same for a document. Files of text go as text, since base64 is for PDF alone."""
    source, extra = document.source, document.extra
    if rendering.marked(extra, CONTENT):
        return {}  # Kept whole in the block's extra.
    textual = (source.media_type or "").startswith("text/")
    if source.data is not None and (rendering.marked(extra, TEXT) or (textual and not rendering.same)):
        text = _unpack(source.data)
        if text is not None:
            kind = source.media_type if rendering.same else "text/plain"
            return {"type": "text", "media_type": kind, "data": text}
    if source.data is not None and source.media_type is None and not rendering.same:
        source = Source(data=source.data, media_type="application/pdf")
    return _render_source(source, rendering, where)


def _render_source(source: Source, rendering: Rendering, where: str) -> dict[str, Any] | None:
    if source.data is not None:
        built = {"type": "base64", "data": source.data}
        if source.media_type is not None:
            built["media_type"] = source.media_type
        return built
    if source.url is not None:
        return {"type": "url", "url": source.url}
    if source.file_id is not None and rendering.same:
        return {"type": "file", "file_id": source.file_id}
    rendering.lose(where, "a file that only the provider it was uploaded to can find")
    return None
