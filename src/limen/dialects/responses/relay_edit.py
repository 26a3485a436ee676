"""What must change in a request of this wire that is relayed: the model's name, and thoughts of another provider.

A client that had an answer of another dialect's provider sends that provider's thoughts back, sealed. OpenAI could not read them,
and would refuse the whole request.

Must not: decode an input in which nothing is sealed.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.responses.items import CALLS, OUTPUTS
from limen.dialects.seal import MARK_BYTES, open_id, unseal_proof
from limen.errors import BadRequest
from limen.wire.edit import Fields


def edit_relayed(fields: Fields, model: str | None) -> None:
    """Set the model, and take out what is sealed."""
    if model is not None:
        fields.set("model", model)
    given = fields.raw.get("input")
    if given is None or MARK_BYTES not in bytes(given):
        return
    try:
        items = fields.get("input")
    except BadRequest:
        return  # The provider will say what is wrong with it.
    if isinstance(items, list):
        fields.set("input", [_opened(item) for item in items if not _is_sealed(item)])


def _is_sealed(item: Any) -> bool:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return False
    sealed = item.get("encrypted_content")
    return isinstance(sealed, str) and unseal_proof(sealed) is not None


def _opened(item: Any) -> Any:
    """An item with the bare id of its call."""
    if not isinstance(item, dict) or item.get("type") not in (*CALLS, *OUTPUTS):
        return item
    name = item.get("call_id")
    return {**item, "call_id": open_id(name).id} if isinstance(name, str) else item
