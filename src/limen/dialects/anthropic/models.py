"""What each generation of Claude takes: which spelling of thinking, which efforts, how many tokens of output.

The name is all there is to go by, so a generation is read from it: ``claude-sonnet-4-5-20250929``,
``claude-3-7-sonnet-latest``, ``us.anthropic.claude-opus-4-6-v1`` and ``claude-haiku-4-5@20251001`` are the same
families at Anthropic, Bedrock and Vertex. A name without one is somebody else's server of this dialect, of which
nothing is assumed.

Sources, as of November 2026: platform.claude.com, the pages on thinking, effort, structured outputs, errors and
models, and the migration guides of Opus 4.7, Sonnet 5, Fable 5 and Opus 5.5; recordings of refusals (effort `xhigh`
at Opus 4.6, prefill at Sonnet 5).

Must not: be asked about requests that are already in this dialect; those say what they want.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

_NAME = re.compile(
    r"claude-(?:(?P<family>opus|sonnet|haiku|fable|mythos)-(?P<major>\d)(?:[-.](?P<minor>\d)(?!\d))?"
    r"|(?P<old_major>\d)(?:[-.](?P<old_minor>\d)(?!\d))?(?:-(?P<old_family>opus|sonnet|haiku))?|(?P<preview>mythos-preview))"
)
_OLDEST_EFFORTS = ("low", "medium", "high")


class Claude(msgspec.Struct, frozen=True):
    """What one model takes. `version` is (4, 5) for 4.5, None for a model that is not known.

    `budgets`: thinking with a budget in tokens; `adaptive`: thinking that the model measures itself. `thinks`: it
    does so unasked; `off` is the word that stops it, None where nothing does. `efforts` are the words for
    ``output_config.effort``, from the lowest. `samples`: temperature and its like; `forces`: a tool can be forced;
    `prefills`: the last turn may be the assistant's own. `default_tokens` fills in a bound that the client left out,
    `most_tokens` is the model's own.
    """

    version: tuple[int, int] | None = None
    budgets: bool = True
    adaptive: bool = False
    thinks: bool = False
    off: str | None = "disabled"
    efforts: tuple[str, ...] = ()
    samples: bool = True
    one_sampler: bool = False
    forces: bool = True
    prefills: bool = True
    structured: bool = True
    default_tokens: int = 4096
    most_tokens: int | None = None


@lru_cache(maxsize=256)
def claude(name: str) -> Claude:
    """What the model called `name` takes."""
    found = _NAME.search(name.lower())
    if found is None:
        return Claude()
    if found["preview"]:
        return _of("mythos", (5, 0))
    family = found["family"] or found["old_family"] or ""
    major, minor = found["major"] or found["old_major"], found["minor"] or found["old_minor"]
    return _of(family, (int(major), int(minor or 0)))


def _of(family: str, version: tuple[int, int]) -> Claude:
    always = family in ("fable", "mythos") or (family == "opus" and version >= (5, 5))
    most = _most_tokens(family, version)
    return Claude(
        version=version,
        budgets=(3, 7) <= version <= (4, 6),
        adaptive=version >= (4, 6),
        thinks=version >= (5, 0),
        off=None if always else "between_tools" if family == "sonnet" and version >= (5, 5) else "disabled",
        efforts=_efforts(family, version),
        samples=version <= (4, 6),
        one_sampler=version >= (4, 1),
        forces=not (always and version >= (5, 1)),
        prefills=version <= (4, 5),
        structured=version >= (4, 5) or (family == "opus" and version == (4, 1)),
        default_tokens=min(most, 32_000),
        most_tokens=most,
    )


def _efforts(family: str, version: tuple[int, int]) -> tuple[str, ...]:
    if version >= (4, 7):
        return (*_OLDEST_EFFORTS, "xhigh", "max")
    if version == (4, 6):
        return (*_OLDEST_EFFORTS, "max")
    return _OLDEST_EFFORTS if family == "opus" and version == (4, 5) else ()


def _most_tokens(family: str, version: tuple[int, int]) -> int:
    if version < (3, 5):
        return 4096
    if version < (3, 7):
        return 8192
    if version >= (4, 6):
        return 128_000
    return 32_000 if family == "opus" and version < (4, 5) else 64_000
