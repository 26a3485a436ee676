"""Ids of tool calls, as Bedrock takes them: 1 to 64 letters, digits, ``_`` and ``-``.

An id of another dialect that is longer or has other characters is replaced by one that depends on it alone, so that a call and
its result still belong together, in this request and in the next. Source: the error messages of Converse on
``toolUse.toolUseId``, and the API reference of ToolUseBlock.
"""

from __future__ import annotations

import hashlib
import re

_ALLOWED = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def tool_use_id(name: str) -> str:
    """`name` if it may be an id, else what stands for it."""
    if _ALLOWED.fullmatch(name):
        return name
    return f"call_{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
