"""One rendering into a dialect: where the hub's values came from, and what is lost on the way.

What the parser of the same wire kept in `extra` goes back to its place; what another dialect's parser kept is named in the
losses, key by key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from limen.dialects.answer_envelope import USUAL_TIERS, is_envelope
from limen.dialects.extra import Extra, marks_of, merge
from limen.model.content import CacheMark, Opaque, ServerTool
from limen.model.losses import Losses
from limen.model.usage import Usage

_SAY_NOTHING: tuple[Any, ...] = (None, "", [], {})


CACHE_WRITES = ("input_cache_write_5m", "input_cache_write_1h")


class Rendering:
    """`same` says that the values came from this wire, so that its own spelling can be given back.

    `answer` says that a client will read this, who may carry the proofs of other issuers; a provider must not get them.
    """

    __slots__ = ("answer", "losses", "same", "wire")

    def __init__(self, wire: str, origin: str, losses: Losses, *, answer: bool = False) -> None:
        self.wire = wire
        self.same = origin == wire
        self.losses = losses
        self.answer = answer

    def lose(self, name: str, why: str) -> None:
        """Name something that this dialect has no place for."""
        self.losses.note(name, why)

    def lose_tier(self, tier: str | None, why: str) -> None:
        """Name the tier that served an answer, unless it is the usual one."""
        if tier is not None and tier not in USUAL_TIERS:
            self.losses.note("service_tier", why)

    def keep(self, built: dict[str, Any], extra: Mapping[str, Any], where: str) -> dict[str, Any]:
        """`built` with `extra` back in it, in place, or with each of its keys named as a loss."""
        if not extra and not marks_of(extra):
            return built
        if self.same:
            return merge(built, extra)
        for key, kept in extra.items():
            place = f"{where}.{key}" if where else key
            if isinstance(kept, Extra):
                self.keep(built, kept, place)  # What its wire has at this place, key by key.
            elif kept not in _SAY_NOTHING and not (self.answer and is_envelope(key, kept)):
                self.lose(place, "known to the dialect it came from alone")
        return built

    def lose_counts(self, usage: Usage, *names: str) -> None:
        """Name those buckets of another dialect's `usage` that are counted here in a sum alone."""
        if usage.dialect != self.wire:
            for name in names:
                if getattr(usage, name):
                    self.lose(f"usage.{name}", "counted in the sum alone")

    def marked(self, extra: Mapping[str, Any], mark: str) -> bool:
        """Whether this wire's parser left `mark`."""
        return self.same and mark in marks_of(extra)

    def cache(self, built: dict[str, Any], cache: CacheMark | None, where: str) -> None:
        """Write a cache mark where this wire had one; OpenAI itself has none."""
        if cache is None:
            return
        if not self.same:
            self.lose(f"{where}.cache_control", "this dialect has no marks for prompt caches")
            return
        built["cache_control"] = {"type": "ephemeral"} if cache.ttl is None else {"type": "ephemeral", "ttl": cache.ttl}

    def own(self, block: Opaque | ServerTool, where: str) -> Any:
        """What an opaque block of this wire holds; None, and a loss, for one of another."""
        if block.dialect == self.wire:
            return block.data
        self.lose(where, f"a block that only {block.dialect} has")
        return None


def take_cache(rest: dict[str, Any]) -> CacheMark | None:
    """The ``cache_control`` that OpenRouter and others took over from Anthropic; one of unknown shape stays where it is."""
    value = rest.get("cache_control")
    if not isinstance(value, dict) or value.get("type") != "ephemeral" or value.keys() - {"type", "ttl"}:
        return None
    ttl = value.get("ttl")
    if "ttl" in value and not isinstance(ttl, str):
        return None
    del rest["cache_control"]
    return CacheMark(ttl)
