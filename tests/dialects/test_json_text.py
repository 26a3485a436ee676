"""JSON text in and out."""

import msgspec
import pytest

from limen.dialects.json_text import NotJson, decode, encode, raw_json


@pytest.mark.parametrize("text", [b'{"a":"\\ud83d"}', b'["\\udc00x","\\ud83d\\ude00"]', b'{"\\ud800":1}'])
def test_half_a_surrogate_pair_survives(text: bytes) -> None:
    """Some servers cut a stream inside an emoji; the halves are the client's to join."""
    again = encode(decode(text))
    assert decode(again) == decode(text)


def test_raw_json_beside_half_a_pair_survives() -> None:
    """The slow writer knows what the fast one knows."""
    value = {"a": "\ud83d", "raw": msgspec.Raw(b'{"b": 1}'), "t": (1, "x")}
    assert decode(encode(value)) == {"a": "\ud83d", "raw": {"b": 1}, "t": [1, "x"]}


def test_text_that_is_json_already_goes_in_as_it_is() -> None:
    """But for half a pair, which becomes an escape."""
    assert encode({"x": raw_json('{"a":  1.50}')}) == b'{"x":{"a":  1.50}}'
    assert bytes(raw_json('["\u00e9\ud83d"]')) == '["\u00e9\\ud83d"]'.encode()


def test_numbers_keep_their_value() -> None:
    """30 digits, and the difference between 1 and 1.0."""
    assert (
        encode(decode(b"[123456789012345678901234567890,1,1.0,-0.5]")) == b"[123456789012345678901234567890,1,1.0,-0.5]"
    )


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff", b'"\xff"', b"NaN", b'{"a":"\\ud800"', b'"\\ud800" x', b"[" * 100_000 + b"]" * 100_000]
)
def test_what_is_not_json_is_told(text: bytes) -> None:
    """One exception for everything that can be wrong."""
    with pytest.raises(NotJson):
        decode(text)
