"""Pictures, sound and files."""

from typing import Any

import pytest

from gemini_wire import rendering
from limen.dialects.gemini.media import render_media, take_media
from limen.model.content import Audio, CacheMark, Document, Image, Source

GOOGLES = "https://generativelanguage.googleapis.com/v1beta/files/x"


@pytest.mark.parametrize(
    ("part", "block"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": "AA"}}, Image(Source(data="AA", media_type="image/png"))),
        (
            {"inlineData": {"mimeType": "audio/mpeg", "data": "AA"}},
            Audio(Source(data="AA", media_type="audio/mpeg"), "mp3"),
        ),
        ({"fileData": {"fileUri": "https://youtu.be/x"}}, Document(Source(url="https://youtu.be/x"))),
        (
            {"fileData": {"fileUri": GOOGLES, "mimeType": "application/pdf"}},
            Document(Source(file_id=GOOGLES, media_type="application/pdf")),
        ),
        (
            {"inlineData": {"mimeType": "image/png", "data": "AA", "displayName": "a.png"}},
            Document(Source(data="AA", media_type="image/png"), "a.png"),
        ),
    ],
)
def test_the_media_type_tells_what_a_part_is(part: dict[str, Any], block: Any) -> None:
    """And it comes back as it was."""
    taken = take_media(dict(part), [])
    assert taken == block
    assert taken is not None
    assert render_media(taken, rendering("gemini"), "") == part


@pytest.mark.parametrize(
    "part", [{"inlineData": {"mime_type": "image/png", "data": "AA", "x_y": 1}}, {"fileData": {"file_uri": "gs://a/b"}}]
)
def test_the_spelling_comes_back(part: dict[str, Any]) -> None:
    """With whatever else stands beside it."""
    whole = {**part, "videoMetadata": {"fps": 1.0}}
    taken = take_media(dict(whole), [])
    assert taken is not None
    assert render_media(taken, rendering("gemini"), "") == whole


@pytest.mark.parametrize("part", [{}, {"inlineData": {"mimeType": "x"}}, {"fileData": 1}, {"inlineData": {"data": 5}}])
def test_other_shapes_are_no_media(part: dict[str, Any]) -> None:
    """They stay as they are."""
    before = dict(part)
    assert take_media(part, []) is None
    assert part == before


@pytest.mark.parametrize(
    ("block", "inner"),
    [
        (Image(Source(url="https://h/a.PNG?x=1")), {"fileUri": "https://h/a.PNG?x=1", "mimeType": "image/png"}),
        (Image(Source(data="iVBORw0K")), {"data": "iVBORw0K", "mimeType": "image/png"}),
        (Audio(Source(data="AA"), "wav"), {"data": "AA", "mimeType": "audio/wav"}),
        (Audio(Source(data="//Nk")), {"data": "//Nk", "mimeType": "audio/mpeg"}),
        (Document(Source(data="AA"), "b.pdf"), {"data": "AA", "mimeType": "application/pdf", "displayName": "b.pdf"}),
        (Document(Source(data="AA")), {"data": "AA", "mimeType": "application/octet-stream"}),
    ],
)
def test_a_type_that_nobody_named_is_found_out(block: Any, inner: dict[str, Any]) -> None:
    """By the name, by the format, by the first bytes."""
    part = render_media(block, rendering(), "")
    assert part is not None
    assert list(part.values()) == [inner]


def test_what_has_no_place_is_named() -> None:
    """Another provider's file, a level of detail, a transcript, a mark for a cache, a guess."""
    found = rendering()
    assert render_media(Image(Source(file_id="file-1")), found, "a") is None
    render_media(Image(Source(url="https://h/x"), "low", CacheMark()), found, "b")
    render_media(Audio(Source(data="AA"), "wav", "said"), found, "c")
    assert list(found.losses) == ["a", "b.media_type", "b.detail", "b.cache_control", "c.transcript"]
