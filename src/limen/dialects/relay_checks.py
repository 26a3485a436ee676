"""What a relayed body must have to be worth sending: a look at the type of a member, no more.

Whatever else is wrong with it the provider will say, in its own words.
"""

from __future__ import annotations

from limen.errors import BadRequest
from limen.wire.edit import Fields

_ARRAY, _TRUE, _FALSE = ord("["), ord("t"), ord("f")


def require_present(fields: Fields, key: str) -> None:
    """`key` is there and not null."""
    if fields.is_absent(key):
        raise BadRequest(f"Missing required parameter: '{key}'.", param=key, code="missing_required_parameter")


def require_array(fields: Fields, key: str) -> None:
    """`key` is there, and an array."""
    if not fields.starts_with(key, _ARRAY):
        require_present(fields, key)
        raise BadRequest(f"Invalid type for '{key}': expected an array.", param=key, code="invalid_type")


def require_items(fields: Fields, key: str) -> None:
    """`key` is an array with something in it."""
    require_array(fields, key)
    if bytes(memoryview(fields.raw[key])[1:64]).lstrip().startswith(b"]"):
        raise BadRequest(f"Invalid '{key}': empty array. Expected at least one item.", param=key, code="empty_array")


def require_flag(fields: Fields, key: str) -> None:
    """`key`, if it is there, is true, false or null."""
    if not (fields.is_absent(key) or fields.starts_with(key, _TRUE) or fields.starts_with(key, _FALSE)):
        raise BadRequest(f"Invalid type for '{key}': expected a boolean.", param=key, code="invalid_type")
