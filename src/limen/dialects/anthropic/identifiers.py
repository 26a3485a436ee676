"""Names of tool calls as Anthropic takes them: letters, digits, ``_`` and ``-``, at least one.

Other servers name calls ``functions.search:0``, or not at all. Such a name is rewritten, the same one always to the
same, so that a call and its result still belong together in every later request.

Source: the pattern ``^[a-zA-Z0-9_-]+$`` in the API's refusals.
"""

from __future__ import annotations

import re
from zlib import crc32

_FINE = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_ODD = re.compile(r"[^a-zA-Z0-9_-]", re.ASCII)


def call_id(name: str) -> str:
    """`name` as it is if it can be; else with other characters replaced, and a sum of the whole that keeps it unique."""
    if _FINE.fullmatch(name):
        return name
    return f"{_ODD.sub('_', name)}_{crc32(name.encode('utf-8', 'surrogatepass')):08x}"
