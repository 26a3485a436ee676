"""What a request used, in buckets that don't overlap.

Providers count differently: OpenAI's `prompt_tokens` include cached ones, Anthropic's `input_tokens` don't. Here each
token is in exactly one bucket, so that sums are true and each bucket can have its own price.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from limen.model.content import NOTHING

Certainty = Literal["reported", "estimated"]


class Usage(msgspec.Struct, frozen=True):
    """Token counts. `certainty` says whether the provider reported them or limen estimated them.

    `raw` is the provider's own object, given back untouched to a client of the same dialect.
    """

    input_uncached: int = 0
    input_cache_read: int = 0
    input_cache_write_5m: int = 0
    input_cache_write_1h: int = 0
    input_audio: int = 0
    output_text: int = 0
    output_reasoning: int = 0
    output_audio: int = 0
    certainty: Certainty = "reported"
    dialect: str | None = None
    raw: Mapping[str, Any] = NOTHING

    @property
    def input_total(self) -> int:
        """Everything that went in."""
        return (
            self.input_uncached
            + self.input_cache_read
            + self.input_cache_write_5m
            + self.input_cache_write_1h
            + self.input_audio
        )

    @property
    def output_total(self) -> int:
        """Everything that came out."""
        return self.output_text + self.output_reasoning + self.output_audio

    @property
    def total(self) -> int:
        """The sum of all buckets."""
        return self.input_total + self.output_total
