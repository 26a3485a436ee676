"""How many tokens a request would be: the hub's side of every dialect's answer to such a question. Pure values.

The question itself is a :class:`limen.model.request.ChatRequest`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.model.content import NOTHING


class TokenCount(msgspec.Struct, frozen=True):
    """`input_tokens` counts everything that would go in."""

    input_tokens: int
    dialect: str
    extra: Mapping[str, Any] = NOTHING
