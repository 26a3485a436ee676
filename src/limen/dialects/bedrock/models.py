"""What a model's id says about the model, as far as requests differ by it.

Ids are such as ``anthropic.claude-sonnet-4-5-20250929-v1:0``, with a region's prefix (``us.``, ``global.``), or the ARN of an
inference profile. An application's own profile says nothing of its model; then nothing is assumed.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

Family = Literal["claude", "nova", "gpt_oss", "qwen", "mistral", "cohere", "other", "unknown"]

_SIGNS: tuple[tuple[str, Family], ...] = (
    ("claude", "claude"),
    ("amazon.nova", "nova"),
    ("gpt-oss", "gpt_oss"),
    ("qwen", "qwen"),
    ("mistral.", "mistral"),
    ("cohere.", "cohere"),
)
_NAMED = re.compile(r"[a-z0-9]+\.[a-z0-9]")
_NUMBERS = re.compile(r"(?<![0-9])([0-9]{1,2})(?:[-.]([0-9]{1,2}))?(?![0-9])")

_THINKS = (3, 7)
_ADAPTS = (4, 6)


class Model(msgspec.Struct, frozen=True):
    """`version` is Claude's or Nova's, such as (4, 5); (0, 0) where the id has none."""

    family: Family
    version: tuple[int, int] = (0, 0)

    @property
    def caches(self) -> bool:
        """Whether it takes cache points. Source: AWS, "Prompt caching for faster model inference"."""
        return self.family in ("claude", "nova", "unknown")

    @property
    def thinks(self) -> bool:
        """Whether it is a Claude that can be told to think: 3.7 was the first."""
        return self.family == "claude" and self.version >= _THINKS

    @property
    def adapts(self) -> bool:
        """Whether it is a Claude that thinks as long as it finds good, guided by an effort; older ones want a budget."""
        return self.family == "claude" and self.version >= _ADAPTS


def read_model(name: str) -> Model:
    """What the id `name` says."""
    told = name.rsplit("/", 1)[-1].lower()
    for sign, family in _SIGNS:
        if sign in told:
            return Model(family, _version(told.partition(sign)[2]))
    profile = ":application-inference-profile/" in name or not _NAMED.search(told)
    return Model("unknown" if profile else "other")


def _version(rest: str) -> tuple[int, int]:
    """The first number that is no date: ``-sonnet-4-5-20250929-v1:0`` is 4.5, ``-3-7-sonnet…`` 3.7, ``-sonnet-5`` 5.0."""
    found = _NUMBERS.search(rest)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)
