"""The parts of a message and of a tool's output."""

from copy import deepcopy
from typing import Any

import pytest

from limen.dialects.members import LenientMembers, Members
from limen.dialects.rendering import Rendering
from limen.dialects.responses.parts import INPUT, OUTPUT, parse_parts, render_part
from limen.errors import BadRequest
from limen.model.content import Audio, Block, CacheMark, Document, Image, Opaque, Refusal, Source, Text
from limen.model.losses import Losses
from responses_wire import WIRE

PARTS: list[Any] = [
    {"type": "input_text", "text": "a"},
    {"type": "input_text", "text": "a", "cache_control": {"type": "ephemeral"}},
    {"type": "output_text", "text": "a", "annotations": [{"type": "file_citation"}], "logprobs": [{"token": "a"}]},
    {"type": "text", "text": "a", "annotations": []},
    {"type": "refusal", "refusal": "no"},
    {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"},
    {"type": "input_image", "image_url": None, "file_id": "file-1"},
    {"type": "input_image", "image_url": {"url": "u"}},
    {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"},
    {"type": "input_file", "file_url": "https://x/a.pdf"},
    {"type": "input_file", "file_id": "file-1", "x": 1},
    {"type": "input_file"},
    {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}},
    {"type": "input_text"},
    {"type": "refusal"},
    {"type": "input_video", "url": "u"},
]


def again(part: Any, usual: str = INPUT) -> Any:
    block = parse_parts([deepcopy(part)], "p", WIRE, Members, usual)[0]
    return render_part(block, Rendering(WIRE, WIRE, Losses()), "p", usual)


@pytest.mark.parametrize("part", PARTS)
def test_parts_come_back(part: Any) -> None:
    """Wherever they stand, known or not."""
    assert (again(part), again(part, OUTPUT)) == (part, part)


def test_a_strict_reader_names_the_place() -> None:
    """A provider's odd part is kept."""
    for odd, param in (
        (1, "p[0]"),
        ({}, "p[0].type"),
        ({"type": 1}, "p[0].type"),
        ({"type": "text", "text": 1}, "p[0].text"),
    ):
        with pytest.raises(BadRequest) as error:
            parse_parts([odd], "p", WIRE, Members, INPUT)
        assert error.value.param == param
        assert parse_parts([odd], "p", WIRE, LenientMembers, INPUT) == (Opaque(WIRE, odd),)


FOREIGN: list[tuple[Block, str, Any]] = [
    (Image(Source(url="u")), INPUT, {"type": "input_image", "image_url": "u", "detail": "auto"}),
    (Document(Source(url="u"), "t"), INPUT, {"type": "input_file", "file_url": "u", "filename": "t"}),
    (Audio(Source(data="AA"), "wav"), INPUT, {"type": "input_audio", "input_audio": {"data": "AA", "format": "wav"}}),
    (Refusal("no"), OUTPUT, {"type": "refusal", "refusal": "no"}),
    (Text("a"), OUTPUT, {"type": "output_text", "text": "a", "annotations": []}),
    (Image(Source(url="u")), OUTPUT, None),
    (Opaque("other", {}), INPUT, None),
]


@pytest.mark.parametrize(("block", "usual", "part"), FOREIGN)
def test_blocks_of_other_dialects_become_parts(block: Block, usual: str, part: Any) -> None:
    """A model says only text here; what has no place is lost by name."""
    losses = Losses()
    assert render_part(block, Rendering(WIRE, "other", losses), "p", usual) == part
    assert bool(losses) is (part is None)


def test_a_citation_and_a_cache_mark_are_lost_by_name() -> None:
    """A page is an annotation; anything else has no shape here."""
    losses = Losses()
    block = Text("ab", ({"url": "u"}, {"page": 1}), CacheMark())
    part = render_part(block, Rendering(WIRE, "other", losses), "p", OUTPUT)
    assert [each["end_index"] for each in part["annotations"]] == [2]
    assert set(losses) == {"p.citations", "p.cache_control"}
