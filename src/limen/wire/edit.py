"""Edit the top level of a JSON object, leaving every value that is not touched byte for byte as it was.

Values are kept as raw JSON (`msgspec.Raw`), so that 30-digit integers, `1.0` against `1`, key order inside values and any
escape survive. Measured on a 52 kB body: 21 µs, against 99 µs for a decode and encode.

Must not: know which keys a dialect has.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from limen.errors import BadRequest

_DECODER = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENCODER = msgspec.json.Encoder()
_TOKEN = re.compile(rb'[ \t\r\n]*("(?:[^"\\\x00-\x1f]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+)', re.DOTALL)
_LONE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_MAX_DEPTH = 1000
_TRUE = msgspec.Raw(b"true")
_NULL = msgspec.Raw(b"null")


class Fields:
    """The top-level members of one JSON object: key → raw JSON."""

    __slots__ = ("body", "changed", "raw")

    def __init__(self, raw: dict[str, msgspec.Raw], body: bytes) -> None:
        self.raw = raw
        self.body = body
        self.changed = False

    @classmethod
    def parse(cls, body: bytes) -> Fields:
        """Read `body`; BadRequest if it is not a JSON object in UTF-8, or is nested too deeply."""
        if not body.isascii():
            _check_utf8(body)
        try:
            return cls(_DECODER.decode(body), body)
        except (msgspec.DecodeError, RecursionError) as error:
            if _LONE.search(body):
                # A lone surrogate escape is legal JSON that msgspec refuses; the slow reader keeps it verbatim.
                return cls(_scan(body), body)
            raise BadRequest(_explain(body, error)) from None

    def get(self, key: str) -> Any:
        """The decoded value of `key`; None where it is absent. For small values. BadRequest for one that can't be decoded."""
        raw = self.raw.get(key)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            raise BadRequest(
                f"the value of `{key}` can't be read: it is not valid Unicode, or out of range", param=key
            ) from None

    def is_true(self, key: str) -> bool:
        """Whether `key` is there, and true."""
        return self.raw.get(key) == _TRUE

    def is_absent(self, key: str) -> bool:
        """Whether `key` is not there, or null."""
        raw = self.raw.get(key)
        return raw is None or raw == _NULL

    def starts_with(self, key: str, character: int) -> bool:
        """Whether the raw JSON of `key` begins with a character, such as ``ord("[")``: a look at the type, no decoding."""
        raw = self.raw.get(key)
        return raw is not None and memoryview(raw)[0] == character

    def set(self, key: str, value: Any) -> None:
        """Put a value in the place of `key`, or at the end."""
        encoded = value if type(value) is msgspec.Raw else msgspec.Raw(_ENCODER.encode(value))
        if self.raw.get(key) != encoded:
            self.raw[key] = encoded
            self.changed = True

    def remove(self, key: str) -> bool:
        """Take `key` out; tells whether it was there."""
        if self.raw.pop(key, None) is None:
            return False
        self.changed = True
        return True

    def encode(self) -> bytes:
        """The object as JSON: the very bytes that came in if nothing was changed."""
        return _ENCODER.encode(self.raw) if self.changed else self.body


def _check_utf8(body: bytes) -> None:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadRequest(
            f"the request body is not valid UTF-8: byte 0x{body[error.start]:02x} at offset {error.start}"
        ) from None


def _explain(body: bytes, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"the request body is nested deeper than {_MAX_DEPTH} levels"
    if not body.strip():
        return "the request body is empty; send a JSON object"
    if isinstance(error, msgspec.ValidationError):
        return "the request body must be a JSON object"
    return f"the request body is not valid JSON: {str(error).removeprefix('JSON is malformed: ')}"


def _scan(body: bytes) -> dict[str, msgspec.Raw]:
    """Split an object into its members by tokens alone: slow, used only where the fast reader refuses the text."""
    _check_json(body)
    members: dict[str, msgspec.Raw] = {}
    key: str | None = None
    depth = start = position = 0
    end = len(body.rstrip())
    while position < end:
        match = _TOKEN.match(body, position)
        if match is None:
            raise BadRequest(f"the request body is not valid JSON (byte {position})")
        token, begin, position = match[1], match.start(1), match.end()
        if depth == 1 and token in (b",", b"}") and key is not None:
            members[key], key = msgspec.Raw(body[start:begin].strip()), None
        elif depth == 1 and token == b":":
            start = position
        elif depth == 1 and key is None and token[:1] == b'"':
            key = _key(token)
        depth += (token in (b"{", b"[")) - (token in (b"}", b"]"))
    return members


def _check_json(body: bytes) -> None:
    """Tokens alone don't tell whether they make sense together."""
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise BadRequest(f"the request body is nested deeper than {_MAX_DEPTH} levels") from None
    except ValueError as error:
        raise BadRequest(f"the request body is not valid JSON: {error}") from None
    if not isinstance(value, dict):
        raise BadRequest("the request body must be a JSON object")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _key(token: bytes) -> str:
    try:
        return msgspec.json.decode(token, type=str)
    except msgspec.DecodeError:
        raise BadRequest("the request body has a key that is not valid Unicode") from None
