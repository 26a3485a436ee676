"""Pictures, documents and sound: sources, formats and names, to and from the hub.

Bedrock tells a format by a short word, the hub by a media type. Bytes are base64 in both. A document given as text is base64 of
that text in the hub, with a mark.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any

from limen.model.content import Source

_DOCUMENTS = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
_SOUNDS = {"mp3": "audio/mpeg", "mpeg": "audio/mpeg", "x-aac": "audio/x-aac"}
_DOCUMENT_OF = {media_type: word for word, media_type in _DOCUMENTS.items()}
_PICTURES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
SOUND_FORMATS = frozenset(
    ["mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm"]
)

# How base64 of each format begins, for data that come without a media type.
_PICTURE_STARTS = {"iVBORw0KGgo": "png", "/9j/": "jpeg", "R0lGOD": "gif", "UklGR": "webp"}
_DOCUMENT_STARTS = {"JVBERi": "pdf"}

TEXT = "text"
"""Mark: a document's source was its text."""
PIECES = "pieces"
"""Mark: a document's source was a list of texts, which `extra` keeps; the hub has them joined."""

_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9\s\-()\[\]]")
_BLANKS = re.compile(r"\s+")
_LONGEST_NAME = 200


def read_source(value: Any, media_type: str | None) -> tuple[Source, dict[str, Any], tuple[str, ...]] | None:
    """A source, what the hub has no field for, and marks; None for a source of another kind."""
    if not isinstance(value, dict):
        return None
    rest = dict(value)
    if isinstance(value.get("bytes"), str):
        return Source(data=rest.pop("bytes"), media_type=media_type), rest, ()
    place = value.get("s3Location")
    if isinstance(place, dict) and isinstance(place.get("uri"), str):
        del rest["s3Location"]
        more = {key: kept for key, kept in place.items() if key != "uri"}
        return Source(url=place["uri"], media_type=media_type), {**rest, "s3Location": more} if more else rest, ()
    if isinstance(value.get("text"), str):
        return Source(data=_packed(rest.pop("text")), media_type=media_type or "text/plain"), rest, (TEXT,)
    pieces = value.get("content")
    if isinstance(pieces, list) and pieces and all(isinstance(piece, dict) for piece in pieces):
        texts = [piece.get("text") for piece in pieces]
        joined = "\n\n".join([text for text in texts if isinstance(text, str)])
        return Source(data=_packed(joined), media_type=media_type or "text/plain"), rest, (PIECES,)
    return None


def write_source(source: Source, marks: frozenset[str] = frozenset(), *, same: bool = False) -> dict[str, Any] | None:
    """A source in Bedrock's words; None for one of another dialect that Bedrock can't reach."""
    if PIECES in marks:
        return {}
    if source.data is not None:
        return {"text": unpacked(source.data)} if TEXT in marks else {"bytes": source.data}
    if source.url is not None and (same or source.url.startswith("s3://")):
        return {"s3Location": {"uri": source.url}}
    return None


def _packed(text: str) -> str:
    return b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")


def unpacked(data: str) -> str:
    """The text whose base64 `data` is."""
    return b64decode(data).decode("utf-8", "surrogatepass")


def picture_type(word: str) -> str:
    """The media type of a picture."""
    return f"image/{word}"


def picture_format(source: Source, *, same: bool) -> str | None:
    """Bedrock's word for a picture's format; None if it takes no such pictures."""
    if source.media_type is None:
        return None if same else _by_start(source, _PICTURE_STARTS)
    if same:
        return source.media_type.removeprefix("image/")
    return _PICTURES.get(source.media_type.partition(";")[0].strip().lower())


def document_type(word: str) -> str:
    """The media type of a document; an unknown word stands for itself."""
    return _DOCUMENTS.get(word, word)


def document_format(source: Source, title: str | None, *, same: bool) -> str | None:
    """Bedrock's word for a document's format; None if it takes no such documents."""
    media_type = source.media_type
    if same:
        return None if media_type is None else _DOCUMENT_OF.get(media_type, media_type)
    if media_type is not None:
        bare = media_type.partition(";")[0].strip().lower()
        found = _DOCUMENT_OF.get(bare)
        if found is not None or bare != "application/octet-stream":
            return found or ("txt" if bare.startswith("text/") else None)
    extension = (title or "").rpartition(".")[2].lower()
    return extension if extension in _DOCUMENTS else _by_start(source, _DOCUMENT_STARTS)


def sound_type(word: str) -> str:
    """The media type of sound."""
    return _SOUNDS.get(word, f"audio/{word}")


def sound_format(word: str | None, source: Source) -> str | None:
    """Bedrock's word for a format of sound; None if it takes no such sound."""
    told = word or (source.media_type or "").partition("/")[2]
    return told if told in SOUND_FORMATS else None


def _by_start(source: Source, starts: dict[str, str]) -> str | None:
    data = source.data or ""
    return next((word for start, word in starts.items() if data.startswith(start)), None)


def document_name(title: str | None, taken: set[str]) -> str:
    """A name that Bedrock takes and that no other document of the request has; it is added to `taken`.

    Letters, digits, single blanks, hyphens, parentheses and square brackets, 1 to 200 of them. Source: the API reference of
    DocumentBlock. The format says what an extension would.
    """
    stem, dot, extension = (title or "").rpartition(".")
    bare = stem if dot and extension.lower() in _DOCUMENTS else title or ""
    name = _BLANKS.sub(" ", _NOT_IN_NAMES.sub(" ", bare)).strip()[:_LONGEST_NAME].strip() or "document"
    found, number = name, 1
    while found in taken:
        number += 1
        ending = f" ({number})"
        found = name[: _LONGEST_NAME - len(ending)].rstrip() + ending
    taken.add(found)
    return found
