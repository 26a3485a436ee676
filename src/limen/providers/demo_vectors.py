"""The demo provider's embeddings: texts that share words are near each other, and the same text is always in the same place.

Pure. Each word is hashed to a direction; a text is the sum of its words' directions, scaled to length 1.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct

DEFAULT_DIMENSIONS = 256
MOST_DIMENSIONS = 4096
_MOST_WORDS = 256
_WORD = re.compile(r"\w+")


def unit_vector(text: str, dimensions: int = DEFAULT_DIMENSIONS) -> tuple[float, ...]:
    """A vector of length 1. Only the first 256 different words count, so that the cost is bounded."""
    words = list(dict.fromkeys(_WORD.findall(text.lower())))[:_MOST_WORDS] or [text]
    sums = [0.0] * dimensions
    for word in words:
        for index, byte in enumerate(hashlib.shake_128(word.encode("utf-8", "replace")).digest(dimensions)):
            sums[index] += byte - 127.5
    length = math.sqrt(sum(x * x for x in sums)) or 1.0
    return tuple(x / length for x in sums)


def as_base64(vector: tuple[float, ...]) -> str:
    """`vector` as base64 text of little-endian float32, as OpenAI packs it."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode("ascii")
