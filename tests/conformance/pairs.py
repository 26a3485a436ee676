"""Every recording of one dialect in another: the verdicts summed up, for the tests and for the page that tells of them."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from conformance import crossing
from conformance.crossing import Crossed
from conformance.exchanges import Recording, dialects, of
from conformance.facts import Fact
from limen.dialects.base import AnyDialect
from limen.errors import ClientFault

KINDS: dict[str, Callable[[AnyDialect, AnyDialect, Recording], Crossed]] = {
    "request": crossing.request,
    "response": crossing.response,
    "stream": crossing.stream,
}
_NUMBER = re.compile(r"\d+")


class Pair(NamedTuple):
    """`counts` of recordings by kind, feature and verdict; `silent`, `refused` and `crashed` by what, with recordings' names."""

    counts: Counter[tuple[str, str, str]]
    silent: dict[tuple[str, str, str], list[str]]
    refused: dict[str, list[str]]
    crashed: dict[str, str]

    def total(self, kind: str) -> int:
        """How many recordings of a kind crossed or were refused."""
        return self.counts[kind, "", ""]


@functools.cache
def cross(source: str, target: str) -> Pair:
    """All recordings of `source`, written for `target`."""
    known = {each.wire: each for each in dialects()}
    pair = Pair(Counter(), {}, {}, {})
    for kind, way in KINDS.items():
        for recording in of(known[source], kind):
            pair.counts[kind, "", ""] += 1
            try:
                crossed = way(known[source], known[target], recording)
            except ClientFault as error:
                crossed = Crossed({}, [], f"at home: {error}")
            except Exception as error:  # any other is what is looked for
                pair.crashed[f"{kind} {recording.id}"] = f"{type(error).__name__}: {error}"
                continue
            _count(pair, kind, crossed, recording.id)
    return pair


def _count(pair: Pair, kind: str, crossed: Crossed, name: str) -> None:
    for feature, verdict in crossed.verdicts.items():
        pair.counts[kind, feature, verdict] += 1
    if crossed.refused is not None:
        pair.counts[kind, "", crossing.REFUSED] += 1
        pair.refused.setdefault(crossed.refused, []).append(name)
    for fact in crossed.silent:
        found = pair.silent.setdefault((kind, fact.feature, _anywhere(fact)), [])
        if name not in found:
            found.append(name)


def _anywhere(fact: Fact) -> str:
    """A fact's place without numbers, so that one reason tells of all alike; of what is in a schema, the schema alone."""
    place = _NUMBER.sub("", fact.place)
    for schema in ("response_format.schema", "tools[].parameters"):
        if place.startswith(schema):
            return schema
    return place
