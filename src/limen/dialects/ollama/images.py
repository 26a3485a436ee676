"""Pictures, which Ollama takes as base64 text and nothing else, to and from the hub.

Other dialects say what kind of picture it is, so that is read off the first bytes. Source: docs.ollama.com/capabilities/vision.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import extra_of
from limen.dialects.members import Members
from limen.dialects.openai.content import read_url, write_url
from limen.dialects.rendering import Rendering
from limen.model.content import Image, Source

_KINDS = (
    ("iVBORw0KGgo", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
)
"""What the base64 text of a file begins with: its magic bytes, encoded."""
_URL = "url"
"""Mark: it stood there as a ``data:`` URL, which some servers of this API take too."""


def take_images(message: Members) -> list[Image]:
    """The pictures of a message, or none; an empty list stays where it was."""
    values = message.texts("images") if message.rest.get("images") else None
    return [_read(value) for value in values or ()]


def _read(value: str) -> Image:
    if value.startswith("data:"):
        source = read_url(value)
        if source.data is not None:
            return Image(source, extra=extra_of({}, _URL))
    return Image(Source(data=value, media_type=_kind(value)))


def _kind(data: str) -> str | None:
    return next((kind for start, kind in _KINDS if data.startswith(start)), None)


def render_images(images: list[tuple[str, Image]], built: dict[str, Any], rendering: Rendering) -> None:
    """Put pictures, each with its place, into the message `built`."""
    found = [data for where, image in images if (data := _render(image, where, rendering)) is not None]
    if found:
        built["images"] = found


def _render(image: Image, where: str, rendering: Rendering) -> str | None:
    source = image.source
    if rendering.marked(image.extra, _URL):
        return write_url(source)
    if source.data is None:
        rendering.lose(where, "Ollama takes a picture's bytes, not its address or its id")
        return None
    if source.media_type is not None and source.media_type != _kind(source.data):
        rendering.lose(f"{where}.media_type", "Ollama sees for itself what kind of picture it is")
    if image.detail is not None:
        rendering.lose(f"{where}.detail", "Ollama has no levels of detail")
    rendering.cache({}, image.cache, where)
    rendering.keep({}, image.extra, where)
    return source.data
