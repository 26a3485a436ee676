"""The demo provider's vectors."""

from __future__ import annotations

import base64
import math
import struct

import pytest

from limen.providers.demo_vectors import as_base64, unit_vector


@pytest.mark.parametrize("text", ["", "word", "two words", "日本語", "x " * 5000, "\ud800"])
@pytest.mark.parametrize("dimensions", [1, 7, 256])
def test_every_text_has_a_unit_vector(text: str, dimensions: int) -> None:
    """The length is 1 whatever the text, and the vector is the same every time."""
    vector = unit_vector(text, dimensions)
    assert len(vector) == dimensions
    assert math.isclose(math.hypot(*vector), 1.0, rel_tol=1e-9)
    assert vector == unit_vector(text, dimensions)


def test_texts_that_share_words_are_near() -> None:
    """Likeness can be tried out: shared words bring texts together."""
    query = unit_vector("the cat sat on the mat")
    near = unit_vector("a cat on a mat")
    far = unit_vector("quarterly revenue rose sharply")
    assert (
        sum(a * b for a, b in zip(query, near, strict=True)) > sum(a * b for a, b in zip(query, far, strict=True)) + 0.2
    )


def test_base64() -> None:
    """Packed as little-endian float32, like OpenAI's."""
    vector = unit_vector("hello", 4)
    assert struct.unpack("<4f", base64.b64decode(as_base64(vector))) == pytest.approx(vector)
