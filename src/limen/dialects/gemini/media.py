"""Pictures, sound and files in a part: ``inlineData`` and ``fileData``, to and from the hub.

The media type alone tells what a part is. A `fileUri` that only Google can fetch is a file's id to other dialects.
"""

from __future__ import annotations

import re
from typing import Any

from limen.dialects.extra import Extra, extra_of
from limen.dialects.gemini.spelling import keep, respell, take_text
from limen.dialects.rendering import Rendering
from limen.model.content import Audio, Document, Image, Source

Media = Image | Audio | Document

_INLINE = frozenset({"mimeType", "data", "displayName"})
_FILE = frozenset({"mimeType", "fileUri", "displayName"})
_GOOGLES = re.compile(r"gs://|https://generativelanguage\.googleapis\.com/|files/")
_SUFFIXES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "heic": "image/heic",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "mp4": "video/mp4",
    "txt": "text/plain",
}
_FORMATS = {"wav": "wav", "x-wav": "wav", "mpeg": "mp3", "mp3": "mp3", "aac": "aac", "flac": "flac", "ogg": "ogg"}


def take_media(part: dict[str, Any], marks: list[str]) -> Media | None:
    """The media in `part`, taken out of it; None, with `part` as it was, if there are none of a known shape."""
    for key, known, place in (("inlineData", _INLINE, "data"), ("fileData", _FILE, "fileUri")):
        value = part.get(key)
        if isinstance(value, dict) and isinstance(value.get(place), str | None):
            inner = dict(value)
            spelled = respell(inner, known)
            where = take_text(inner, place)
            if where is None:
                continue
            kind = take_text(inner, "mimeType")
            title = take_text(inner, "displayName")
            del part[key]
            if inner or spelled:
                part[key] = Extra(inner, spelled)
            return _block(_source(place, where, kind), title, extra_of(part, *marks))
    return None


def _source(place: str, where: str, kind: str | None) -> Source:
    if place == "data":
        return Source(data=where, media_type=kind)
    if _GOOGLES.match(where):
        return Source(file_id=where, media_type=kind)
    return Source(url=where, media_type=kind)


def _block(source: Source, title: str | None, extra: Any) -> Media:
    family, _, name = (source.media_type or "").partition("/")
    if family == "image" and title is None:
        return Image(source, extra=extra)
    if family == "audio" and title is None:
        return Audio(source, _FORMATS.get(name.partition(";")[0].lower(), name or None), extra=extra)
    return Document(source, title, extra=extra)


def render_media(block: Media, rendering: Rendering, where: str) -> dict[str, Any] | None:
    """`block` as a part; None, with a loss noted, for a file that only another provider can find."""
    source = block.source
    kind = source.media_type if rendering.same else source.media_type or _guess(block)
    if source.data is not None:
        key, inner = "inlineData", {"data": source.data}
        if kind is None and isinstance(block, Document) and not rendering.same:
            kind = "application/octet-stream"
    elif source.url is not None or rendering.same or _GOOGLES.match(source.file_id or ""):
        key, inner = "fileData", {"fileUri": source.url or source.file_id or ""}
    else:
        rendering.lose(where, "a file that only the provider it was given to can find")
        return None
    if kind is None and isinstance(block, Image) and not rendering.same:
        kind = "image/jpeg"
        rendering.lose(f"{where}.media_type", "nothing tells it, so it is said to be image/jpeg")
    if kind is not None and (source.media_type is not None or not rendering.same):
        inner["mimeType"] = kind
    _put_rest(block, inner, rendering, where)
    part = {key: inner}
    nested = block.extra.get(key)
    if rendering.same and isinstance(nested, Extra):
        keep(inner, nested, rendering, where)
        rest = Extra(
            {name: kept for name, kept in block.extra.items() if name != key}, getattr(block.extra, "marks", ())
        )
        return keep(part, rest, rendering, where)
    return keep(part, block.extra, rendering, where)


def _put_rest(block: Media, inner: dict[str, Any], rendering: Rendering, where: str) -> None:
    """What only one kind of media has."""
    match block:
        case Document() if block.title is not None:
            inner["displayName"] = block.title
        case Image() if block.detail is not None:
            rendering.lose(f"{where}.detail", "how closely to look is a setting of the whole request here")
        case Audio() if block.transcript is not None:
            rendering.lose(f"{where}.transcript", "sound goes without its transcript")
    if block.cache is not None:
        rendering.lose(f"{where}.cache_control", "this dialect has no marks for prompt caches")


def _guess(block: Media) -> str | None:
    """The media type of what another dialect did not name one for."""
    source = block.source
    if isinstance(block, Audio) and block.format:
        return f"audio/{block.format}"
    name = (source.url or (block.title if isinstance(block, Document) else None) or "").partition("?")[0]
    known = _SUFFIXES.get(name.rpartition(".")[2].lower())
    if known is None and source.data is not None:
        return _by_content(source.data) or ("audio/mpeg" if isinstance(block, Audio) else None)
    return known


def _by_content(data: str) -> str | None:
    """What the first bytes of base64 text say of a file: the magic numbers of each type."""
    for start, kind in (
        ("iVBOR", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lG", "image/gif"),
        ("JVBERi", "application/pdf"),
        ("UklGR", "audio/wav"),
    ):
        if data.startswith(start):
            return kind
    return None
