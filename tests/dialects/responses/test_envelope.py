"""What of an item belongs to this wire alone."""

from limen.dialects.extra import Extra, marks_of
from limen.dialects.responses.envelope import begin_item, envelope_of
from limen.model.content import Opaque, Refusal, Text


def test_an_envelope_is_beside_keys_and_marks() -> None:
    """It changes neither, and a block without one begins no item."""
    block = Text("a", extra=Extra({"x": 1}, ("m",)))
    begun = begin_item(block, {"id": "1"}, "n")
    assert (dict(begun.extra), marks_of(begun.extra), envelope_of(begun.extra)) == ({"x": 1}, {"m", "n"}, {"id": "1"})
    assert (envelope_of(block.extra), begun == block) == (None, True)


def test_any_block_can_begin_an_item() -> None:
    """But one that is kept whole, which is an item by itself."""
    refusal, opaque = begin_item(Refusal("no"), {"id": "1"}), begin_item(Opaque("x", 1), {"id": "1"})
    assert envelope_of(refusal.extra) == {"id": "1"}  # type: ignore[union-attr]
    assert opaque == Opaque("x", 1)
