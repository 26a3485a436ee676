"""Pictures, documents and sound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.bedrock.media import (
    PIECES,
    TEXT,
    document_format,
    document_name,
    document_type,
    picture_format,
    picture_type,
    read_source,
    sound_format,
    sound_type,
    unpacked,
    write_source,
)
from limen.model.content import Source


def test_sources_are_read_and_written() -> None:
    """Bytes, a place in S3, a text; others are not known."""
    assert read_source({"bytes": "AA=="}, "image/png") == (Source(data="AA==", media_type="image/png"), {}, ())
    read = read_source({"s3Location": {"uri": "s3://b/k", "bucketOwner": "1"}}, None)
    assert read == (Source(url="s3://b/k"), {"s3Location": {"bucketOwner": "1"}}, ())
    read = read_source({"text": "Zoë"}, None)
    assert read is not None
    assert (unpacked(read[0].data or ""), read[2]) == ("Zoë", (TEXT,))
    assert write_source(read[0], frozenset(read[2])) == {"text": "Zoë"}
    read = read_source({"content": [{"text": "a"}, {"text": "b"}]}, None)
    assert read is not None
    assert (unpacked(read[0].data or ""), read[2]) == ("a\n\nb", (PIECES,))
    for odd in (None, {}, {"bytes": 1}, {"content": []}, {"content": ["x"]}):
        assert read_source(odd, None) is None


def test_what_bedrock_can_not_reach_has_no_source() -> None:
    """A web address, a file of another provider."""
    assert write_source(Source(url="https://a.test/x.png")) is None
    assert write_source(Source(file_id="f")) is None
    assert write_source(Source(url="s3://b/k")) == {"s3Location": {"uri": "s3://b/k"}}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (Source(data="x", media_type="image/jpg"), "jpeg"),
        (Source(data="x", media_type="IMAGE/PNG; q=1"), "png"),
        (Source(data="/9j/abc"), "jpeg"),
        (Source(data="iVBORw0KGgoA"), "png"),
        (Source(data="x", media_type="image/tiff"), None),
        (Source(data="x"), None),
    ],
)
def test_formats_of_pictures(source: Source, word: str | None) -> None:
    """By the media type, else by how the bytes begin."""
    assert picture_format(source, same=False) == word


@pytest.mark.parametrize(
    ("source", "title", "word"),
    [
        (Source(data="x", media_type="application/pdf"), None, "pdf"),
        (Source(data="x", media_type="text/x-python"), "a.py", "txt"),
        (Source(data="x", media_type="application/octet-stream"), "a.DOCX", "docx"),
        (Source(data="JVBERi0x"), None, "pdf"),
        (Source(data="x", media_type="application/zip"), "a.zip", None),
    ],
)
def test_formats_of_documents(source: Source, title: str | None, word: str | None) -> None:
    """By the media type, else by the name, else by how the bytes begin."""
    assert document_format(source, title, same=False) == word


def test_words_come_back() -> None:
    """Known and unknown ones."""
    for word in ("pdf", "md", "xyz"):
        assert document_format(Source(data="x", media_type=document_type(word)), None, same=True) == word
    assert picture_format(Source(data="x", media_type=picture_type("bmp")), same=True) == "bmp"
    assert sound_type("mp3") == "audio/mpeg"
    assert sound_format(None, Source(data="x", media_type="audio/wav")) == "wav"
    assert sound_format("midi", Source(data="x")) is None


def test_names_are_unlike_and_allowed() -> None:
    """The extension goes, odd characters become blanks, a second one gets a number."""
    taken: set[str] = set()
    assert document_name("My report_v2.pdf", taken) == "My report v2"
    assert document_name("My report v2.md", taken) == "My report v2 (2)"
    assert document_name(None, taken) == "document"
    assert document_name("???", taken) == "document (2)"


@given(st.lists(st.text(max_size=300), max_size=6))
def test_any_names_are_unlike_and_allowed(titles: list[str]) -> None:
    """1 to 200 of the characters that Bedrock's reference lists."""
    taken: set[str] = set()
    names = [document_name(title, taken) for title in titles]
    assert len(set(names)) == len(names)
    for name in names:
        assert 1 <= len(name) <= 200
        assert all((ch.isascii() and ch.isalnum()) or ch in " -()[]" for ch in name)
        assert "  " not in name
