"""What a model's id says about the model, as far as requests differ by it.

Ids are such as ``anthropic.claude-sonnet-4-5-20250929-v1:0``, with a region's prefix (``us.``, ``global.``), or the ARN of an
inference profile. An application's own profile says nothing of its model; then nothing is assumed.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from limen.dialects.anthropic.models import Claude, claude

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
_GENERATION = re.compile(r"nova-([0-9]+)-")

_FREE = ("amazon.", "cohere.", "meta.", "ai21.")
"""Makers whose models Bedrock can't hold to a schema. Source: AWS, "Get validated JSON results from models"."""


class Model(msgspec.Struct, frozen=True):
    """`generation` is Nova's, 0 where the id has none; `claude` what a Claude takes, whoever serves it.

    `structured`: it can be held to a schema.
    """

    family: Family
    generation: int = 0
    claude: Claude = Claude()
    structured: bool = True

    @property
    def caches(self) -> bool:
        """Whether it takes cache points. Source: AWS, "Prompt caching for faster model inference"."""
        return self.family in ("claude", "nova", "unknown")


def read_model(name: str) -> Model:
    """What the id `name` says."""
    told = name.rsplit("/", 1)[-1].lower()
    family = next((family for sign, family in _SIGNS if sign in told), None)
    if family == "claude":
        kind = claude(told)
        if kind.version is None:  # ``claude-v2`` and ``claude-instant``, which are older than all that have a family.
            kind = Claude((2, 0), budgets=False, structured=False)
        return Model(family, claude=kind, structured=kind.structured)
    if family is None:
        profile = ":application-inference-profile/" in name or not _NAMED.search(told)
        family = "unknown" if profile else "other"
    generation = _GENERATION.search(told) if family == "nova" else None
    structured = not any(maker in told for maker in _FREE)
    return Model(family, int(generation[1]) if generation else 0, structured=structured)
