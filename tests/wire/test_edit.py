"""Editing the top level of a JSON object, leaving the rest byte for byte."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limen.errors import BadRequest
from limen.wire.edit import Fields

ODD = (
    b' { "model" : "a",\n "big":123456789012345678901234567890, "f":1.0,"e":1e2,"o":{ "z":1 , "a" : [ ] },'
    b'"u":"\xe2\x80\xa8\\u00e9\\/","n":null } '
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_what_is_not_changed_is_the_same_bytes() -> None:
    """White space and all."""
    fields = Fields.parse(ODD)
    assert fields.get("model") == "a"
    fields.set("model", "a")
    fields.remove("absent")
    assert fields.encode() is ODD


def test_other_values_keep_their_bytes() -> None:
    """30-digit integers, 1.0, exponents, escapes and white space inside values survive the change of a neighbour."""
    fields = Fields.parse(ODD)
    fields.set("model", "b")
    edited = fields.encode()
    for value in (
        b"123456789012345678901234567890",
        b"1.0",
        b"1e2",
        b'{ "z":1 , "a" : [ ] }',
        b'"\xe2\x80\xa8\\u00e9\\/"',
    ):
        assert value in edited
    assert list(json.loads(edited)) == ["model", "big", "f", "e", "o", "u", "n"]


def test_keys_come_and_go() -> None:
    """A new key goes to the end; a removed one is gone; both are told."""
    fields = Fields.parse(b'{"a":1,"b":2}')
    assert fields.remove("a")
    assert not fields.remove("a")
    fields.set("c", {"d": [True]})
    assert fields.encode() == b'{"b":2,"c":{"d":[true]}}'


def test_the_last_of_duplicate_keys_counts() -> None:
    """As in every JSON reader; and an edit leaves one of them, so that no two readers can disagree."""
    fields = Fields.parse(b'{"model":"x","a":1,"model":"y"}')
    assert fields.get("model") == "y"
    assert fields.encode() == b'{"model":"x","a":1,"model":"y"}'
    fields.set("a", 2)
    assert fields.encode() == b'{"model":"y","a":2}'


@pytest.mark.parametrize("lone", [b"\\ud800", b"\\uDC00", b"x\\udbffy", b"\\ud83d\\ud83d\\ude00"])
def test_lone_surrogates_are_kept(lone: bytes) -> None:
    """Half a surrogate pair is legal JSON, in values and deep inside them."""
    body = b'{"model":"m", "a" : "' + lone + b'" ,"b":[{"c":"' + lone + b'"}],"d":"\\"}{\\\\"}'
    fields = Fields.parse(body)
    assert fields.encode() is body
    fields.set("model", "n")
    assert fields.encode() == body.replace(b'"model":"m", "a" : ', b'"model":"n","a":').replace(b'" ,"b"', b'","b"')


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":"\\ud800", b}',
        b'{"a":"\\ud800"}x',
        b'{"a":"\\ud800","b":NaN}',
        b'{"a":"\\ud800","b":[1}',
        b'{"a":"\\ud800"',
        b'["\\ud800"]',
        b'{"\\ud800":1}',
        b'{"a":"\\ud800","b":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_the_slow_reader_is_as_strict(body: bytes) -> None:
    """A lone surrogate does not open the door for what else is wrong."""
    with pytest.raises(BadRequest):
        Fields.parse(body)


def test_a_value_that_cannot_be_decoded_is_the_clients_fault() -> None:
    """Looking into a lone surrogate, or a number beyond all range, is a BadRequest and no crash."""
    fields = Fields.parse(b'{"model":"\\ud800","n":1e999}')
    for key in ("model", "n"):
        with pytest.raises(BadRequest) as told:
            fields.get(key)
        assert told.value.param == key


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "not valid JSON"),
        (b'{"a":1,}', "not valid JSON"),
        (b'{"a":NaN}', "not valid JSON"),
        (b'{"a":1} 2', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid"),
        (b'{"a":"\xff"}', "not valid UTF-8: byte 0xff at offset 6"),
        (b'{"a":"\xed\xa0\x80"}', "not valid UTF-8"),
        (b"[1]", "must be a JSON object"),
        (b'"x"', "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
    ],
)
def test_what_is_no_object_is_refused_in_words(body: bytes, words: str) -> None:
    """Each kind of bad body has its own message."""
    with pytest.raises(BadRequest, match=words):
        Fields.parse(body)


def test_types_are_seen_without_decoding() -> None:
    """The few questions that every request is asked."""
    fields = Fields.parse(b'{ "s" : true, "f":false, "n" : null, "a": [1], "t":"x" }')
    assert (fields.is_true("s"), fields.is_true("f"), fields.is_true("t"), fields.is_true("absent")) == (
        True,
        False,
        False,
        False,
    )
    assert (fields.is_absent("n"), fields.is_absent("absent"), fields.is_absent("f")) == (True, True, False)
    assert fields.starts_with("a", ord("["))
    assert not fields.starts_with("absent", ord("["))


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=6), st.text(max_size=5), JSON)
def test_any_object_survives_any_edit(value: dict[str, Any], key: str, new: Any) -> None:
    """The edited object differs in the one key and nowhere else."""
    fields = Fields.parse(json.dumps(value).encode("utf-8", "surrogatepass"))
    fields.set(key, new)
    assert json.loads(fields.encode()) == {**value, key: new}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    """Never anything but an object or a BadRequest."""
    try:
        fields = Fields.parse(noise)
    except BadRequest:
        return
    assert fields.encode() is noise
