r"""JSON text in and out.

msgspec reads and writes all of it but one corner: an escape of half a surrogate pair (``"\ud83d"``), which is legal JSON
that some servers send when they cut a stream inside an emoji. The slow reader and writer keep it as it was.

Must not: know what the JSON means.
"""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

_DECODER = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJson(ValueError):
    """The bytes are not JSON in UTF-8, or nested too deeply. The message says which."""


def decode(text: bytes) -> Any:
    """The value of `text`; NotJson if it has none."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if _SURROGATE_ESCAPE.search(text):
            return _decode_slowly(text)
        raise NotJson(f"it is not valid JSON ({str(error).removeprefix('JSON is malformed: ')})") from None


def _decode_slowly(text: bytes) -> Any:
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise NotJson(f"it is not valid JSON ({error})") from None


def encode(value: Any) -> bytes:
    """`value` as compact JSON in UTF-8; half surrogate pairs become escapes again."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), default=_plain).encode()


def raw_json(text: str) -> msgspec.Raw:
    """`text`, which is JSON already, as a value to encode; half surrogate pairs in it become escapes."""
    try:
        return msgspec.Raw(text.encode())
    except UnicodeEncodeError:
        return msgspec.Raw(_SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode())


def _plain(value: Any) -> Any:
    """What only msgspec knows how to write, as something that the slow writer knows."""
    return json.loads(bytes(value)) if isinstance(value, msgspec.Raw) else msgspec.to_builtins(value)
