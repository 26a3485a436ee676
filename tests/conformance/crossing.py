"""One recording on its way from one dialect to another: what was kept, what was named as lost, and what went in silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from conformance.collected import Collected, collect
from conformance.exchanges import Recording
from conformance.facts import Fact, Said, canonical, of_request, of_response, pairs
from limen.dialects.base import AnyDialect
from limen.dialects.json_text import decode
from limen.errors import ClientFault
from limen.model.content import Text
from limen.model.events import Event, Failure
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from limen.model.response import ChatResponse

KEPT, NAMED, REFUSED, SILENT = "kept", "named", "refused", "silent"

ALSO: dict[str, frozenset[str]] = {
    "system": frozenset({"role", "system"}),
    "text": frozenset({"role"}),
    "tools": frozenset({"tools"}),
    "strict tools": frozenset({"strict"}),
    "tool calls": frozenset({"tool_calls", "role"}),
    "parallel calls": frozenset({"tool_calls", "role"}),
    "tool results": frozenset({"tool_call_id", "tool_name", "role"}),
    "tool results with images": frozenset({"images", "role"}),
    "thinking": frozenset({"thinking", "role"}),
    "signatures": frozenset({"proof"}),
    "citations": frozenset({"citations"}),
    "metadata and user": frozenset({"user", "metadata"}),
    "finish reason": frozenset({"finish_reason", "stop_reason", "stop_sequence"}),
    "reasoning": frozenset({"effort", "budget", "enabled", "reasoning"}),
}
"""For each feature, last words of losses that tell of it wherever they stand."""


SHORT = 3
"""Characters of a text that may stand anywhere: a lone full stop that is lost must not be found where another one is."""


class Crossed(NamedTuple):
    """`verdicts` has one word for each feature that the recording has; `silent` what nobody told of; `refused` why not."""

    verdicts: dict[str, str]
    silent: list[Fact]
    refused: str | None = None


def request(source: AnyDialect, target: AnyDialect, recording: Recording) -> Crossed:
    """A request of a client of `source`, for a provider of `target`. ClientFault if `source` itself refuses it."""
    (asked, before), losses = _read(source, recording, source.parse_request, of_request), Losses()
    try:
        written = target.render_request(asked, losses)
        after = of_request(target.parse_request(written))
    except ClientFault as error:
        return Crossed(dict.fromkeys(_features(before), REFUSED), [], str(error))
    return _compare(before, after, losses, decode(written))


def response(source: AnyDialect, target: AnyDialect, recording: Recording) -> Crossed:
    """A full answer of a provider of `source`, to a client of `target`."""
    (answer, before), losses = _read(source, recording, source.parse_response, of_response), Losses()
    written = target.render_response(answer, losses)
    got = target.parse_response(written)
    return _compare(before, _and_again(of_response(got), got, target), losses, decode(written))


def stream(source: AnyDialect, target: AnyDialect, recording: Recording) -> Crossed:
    """A streamed one. AssertionError if what `target` wrote is no whole stream to itself."""
    (found, before), losses = (
        _read(source, recording, partial(events, source), lambda found: _of_stream(collect(found))),
        Losses(),
    )
    renderer = target.stream_renderer(ChatRequest("m", (), target.wire, stream_usage=True), losses)
    written = b"".join([renderer.render(event) for event in found]) + renderer.end()
    got = collect(events(target, written))
    return _compare(before, _and_again(_of_stream(got), got.response, target), losses, {})


_READ: dict[tuple[str, str, str], tuple[Any, Said]] = {}
"""What each recording says, which is the same for every target."""


def _read(
    source: AnyDialect, recording: Recording, parse: Callable[[bytes], Any], tell: Callable[[Any], Said]
) -> tuple[Any, Said]:
    key = (source.wire, recording.kind, recording.id)
    if key not in _READ:
        value = parse(recording.body)
        _READ[key] = (value, tell(value))
    return _READ[key]


def _of_stream(told: Collected) -> Said:
    said = of_response(told.response)
    if told.fault is not None:
        said.facts.append(Fact("errors", True, "error"))
    for event in told.opaque:
        said.facts.append(Fact("other blocks", canonical(event.data), event.name or _type(event.data)))
    return said


def _type(data: Any) -> str:
    return str(data.get("type", "event")) if isinstance(data, dict) else "event"


def events(dialect: AnyDialect, data: bytes, cuts: Sequence[int] = ()) -> list[Event]:
    """The events of a whole stream, fed in pieces that end at `cuts`."""
    parser, found = dialect.stream_parser(), []
    for frame in frames(dialect, data, cuts):
        for event in parser.feed(frame):
            found.append(event)
            if isinstance(event, Failure):  # Nothing is read after it, see `limen.streaming`.
                return found
    return [*found, *parser.close()]


def frames(dialect: AnyDialect, data: bytes, cuts: Sequence[int] = ()) -> list[Any]:
    """The frames of a whole stream, fed in pieces that end at `cuts`."""
    framer, found, start = dialect.stream_framer(), [], 0
    for end in [*cuts, len(data)]:
        found += framer.feed(data[start:end])
        start = end
    rest = framer.close()
    return found if rest is None else [*found, rest]


def _and_again(said: Said, answer: ChatResponse, dialect: AnyDialect) -> Said:
    """`said`, with the proofs that a client brings back when it sends `answer` as a part of its next request."""
    proofs = {fact.value for fact in said.facts if fact.feature == "signatures"}
    for choice in answer.choices:
        turns = (Message("user", (Text("."),)), Message("assistant", choice.blocks))
        try:
            again = dialect.parse_request(dialect.render_request(ChatRequest("m", turns, dialect.wire), Losses()))
        except ClientFault:
            continue
        for fact in of_request(again).facts:
            if fact.feature == "signatures" and fact.value not in proofs:
                said.facts.append(fact)
    return said


def _compare(before: Said, after: Said, losses: Losses, written: Any) -> Crossed:
    told = list(losses)
    verdicts: dict[str, str] = {}
    silent: list[Fact] = []
    for fact, kept in (*_kept_texts(before, after, written), *_kept_facts(before, after, written)):
        verdict = KEPT if kept else NAMED if any(covers(loss, fact) for loss in told) else SILENT
        if verdict == SILENT:
            silent.append(fact)
        if verdicts.get(fact.feature) != SILENT and (verdict != KEPT or fact.feature not in verdicts):
            verdicts[fact.feature] = verdict
    return Crossed(verdicts, silent)


def _features(said: Said) -> list[str]:
    return [fact.feature for fact in (*said.facts, *said.texts)]


def _kept_texts(before: Said, after: Said, written: Any) -> Iterator[tuple[Fact, bool]]:
    """Each text, and whether it stands after those before it in what the same speaker says, in blocks of any size."""
    speech: dict[tuple[str, Any], list[str]] = {}
    for fact in after.texts:
        who, text = fact.value
        speech.setdefault((fact.feature, who), []).append(text)
    whole = {who: "".join(texts) for who, texts in speech.items()}
    heard: dict[tuple[str, Any], int] = {}
    for fact in before.texts:
        who, text = fact.value
        at = whole.get((fact.feature, who), "").find(text, heard.get((fact.feature, who), 0))
        if at >= 0 and len(text.strip()) > SHORT:
            heard[fact.feature, who] = at + len(text)
        # Thoughts beside a proof of another issuer's may stand where their own dialect does not look for them.
        yield fact, at >= 0 or (fact.feature == "thinking" and _stands_in(text, written))


def _stands_in(text: str, written: Any) -> bool:
    told = canonical(text)[1:-1]
    return any(told in value for _, value in pairs(written))


def _kept_facts(before: Said, after: Said, written: Any) -> Iterator[tuple[Fact, bool]]:
    left = Counter((fact.feature, fact.value) for fact in after.facts)
    said = set(left)
    in_place = Counter(before.facts) & Counter(after.facts)
    left.subtract((fact.feature, fact.value) for fact in in_place.elements())
    places: set[tuple[str, str]] | None = None
    for fact in before.facts:
        key = (fact.feature, fact.value)
        if in_place[fact] > 0:
            in_place[fact] -= 1
            yield fact, True
            continue
        kept = left[key] > 0
        left[key] -= kept
        kept = kept or any((fact.feature, same) in said for same in _same(fact)) or _is_within(fact, after)
        if not kept and fact.feature == "other keys":
            places = set(pairs(written)) if places is None else places
            kept = fact.value in places
        yield fact, kept


def _same(fact: Fact) -> list[Any]:
    """What comes to the same as a fact.

    Dialects without a word for a stop sequence say that the answer stopped. OpenAI says so too of an answer whose call was forced;
    where an answer with calls or with a refusal has a word of its own, that is said. And where a call could not be said, which is
    named, the answer only stopped.
    """
    if fact.feature == "finish reason" and fact.value[1] == "stop_sequence":
        return [(fact.value[0], "stop")]
    if fact.feature == "finish reason" and fact.value[1] == "stop":
        return [(fact.value[0], "tool_calls"), (fact.value[0], "content_filter")]
    if fact.feature == "finish reason" and fact.value[1] == "tool_calls":
        return [(fact.value[0], "stop")]
    return []


def _is_within(fact: Fact, after: Said) -> bool:
    """Whether a description goes on with what its keyword could not say, or a strict schema is held to as any is there."""
    values = [other.value for other in after.facts if other.feature == fact.feature]
    if fact.feature == "structured output" and fact.value == ("strict", True):
        return ("kind", "json_schema") in values
    if fact.feature not in ("structured output", "tools") or fact.value[0] != "description":
        return False
    begun = fact.value[-1].removesuffix('"')
    return any(value[0] == "description" and value[-1].startswith(begun) for value in values)


def covers(loss: str, fact: Fact) -> bool:
    """Whether a loss tells of `fact`: of its place, of something in it, of all that it is part of, or of its feature by name."""
    return (
        _about(loss, fact.place)
        or _about(_bare(loss), _bare(fact.place))
        or loss.rpartition(".")[2] in ALSO.get(fact.feature, ())
        or (fact.feature == "n" and _CHOICE.fullmatch(loss) is not None)
    )


def _about(told: str, place: str) -> bool:
    return told == place or place.startswith((f"{told}.", f"{told}[")) or told.startswith((f"{place}.", f"{place}["))


_CHOICE = re.compile(r"choices(\[\d+\])?")


def _bare(place: str) -> str:
    """A place without the choice that it is in, which dialects of one answer don't say."""
    head, mark, inner = place.partition("].")
    if mark and head.startswith("choices["):
        return inner.removeprefix("message.")
    return place
