"""At home: every recorded request, answer and stream of a dialect, read and written again, is what it was."""

from __future__ import annotations

import json
from functools import partial

import pytest

from conformance.crossing import events, frames
from conformance.exchanges import Recording, dialects, names, of
from limen.dialects.base import AnyDialect
from limen.errors import LimenError
from limen.model.events import Failure
from limen.model.losses import Losses
from limen.model.request import ChatRequest

DIALECTS = {each.wire: each for each in dialects()}
SHARE = 0.995
"""What must come back of each dialect's recordings."""

NOT_THE_SAME: dict[str, str] = {}
"""Recordings that don't come back as they were, and why."""
CUT_OR_BROKEN = {
    "rig-afc47a5e75d9b7": "Perplexity's stream has a reason to end in every frame and no end marker",
    "openllmetry-f71f2955a3d7e0": "the recording ends without a reason to end or an end marker",
}
"""Streams that a relay does not pass on to their end, and why."""


def exact(text: bytes) -> str:
    """JSON in one canonical spelling: key order aside, 1 is not 1.0 and null is not absent. Other bytes as they are."""
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return repr(text)


def again(dialect: AnyDialect, recording: Recording) -> list[tuple[str | None, str]]:
    """What is written for what was read: the one body, or each frame of a stream with its name."""
    losses = Losses()
    match recording.kind:
        case "request" | "refused request":
            written = dialect.render_request(dialect.parse_request(recording.body), losses)
        case "response":
            written = dialect.render_response(dialect.parse_response(recording.body), losses)
        case _:
            return framed(dialect, streamed_again(dialect, recording.body))
    assert not losses, losses
    return [(None, exact(written))]


def streamed_again(dialect: AnyDialect, data: bytes) -> bytes:
    """A stream, read and written; of one that a fault ends, what comes before it."""
    renderer = dialect.stream_renderer(ChatRequest("m", (), dialect.wire, stream_usage=True), Losses())
    found = events(dialect, data)
    broken = isinstance(found[-1], Failure)
    said = b"".join([renderer.render(each) for each in found if not isinstance(each, Failure)])
    return said if broken else said + renderer.end()


def framed(dialect: AnyDialect, data: bytes) -> list[tuple[str | None, str]]:
    """The frames of a stream, but for comments and OpenAI's end marker, which some servers leave out."""
    said = [(each.event, each.data) for each in frames(dialect, data) if each.data]
    return [(name, exact(text)) for name, text in said if text.strip() != b"[DONE]"]


def as_it_was(dialect: AnyDialect, recording: Recording) -> list[tuple[str | None, str]]:
    """What a recording says, to be compared with: of a stream with a fault, what comes before it."""
    if recording.kind != "stream":
        return [(None, exact(recording.body))]
    said = framed(dialect, recording.body)
    if isinstance(events(dialect, recording.body)[-1], Failure):
        return said[: len(framed(dialect, streamed_again(dialect, recording.body)))]
    return said


def changed(dialect: AnyDialect, found: list[Recording]) -> dict[str, str]:
    """The recordings that don't come back, each with what happened."""
    lost = {}
    for each in found:
        try:
            same = again(dialect, each) == as_it_was(dialect, each)
        except LimenError as error:
            lost[each.id] = f"{type(error).__name__}: {error}"
        else:
            if not same:
                lost[each.id] = "written otherwise"
    return lost


@pytest.mark.parametrize("kind", ["request", "response", "stream"])
@pytest.mark.parametrize("name", names())
def test_recordings_come_back(name: str, kind: str) -> None:
    """JSON-equal, streams frame by frame with their names; those that don't are known, with a reason, and very few."""
    found = of(DIALECTS[name], kind)
    lost = changed(DIALECTS[name], found)
    assert {key: why for key, why in lost.items() if key not in NOT_THE_SAME} == {}
    assert len(lost) <= len(found) * (1 - SHARE)


@pytest.mark.parametrize("name", names())
def test_requests_that_a_provider_refused_come_back_or_are_refused(name: str) -> None:
    """Nothing is lost of a request that a provider would not take; what is malformed is refused in words, before it is sent."""
    lost = changed(DIALECTS[name], of(DIALECTS[name], "refused request"))
    assert [key for key, why in lost.items() if not why.startswith(("BadRequest", "Unprocessable"))] == []


@pytest.mark.parametrize("name", names())
def test_relayed_streams_go_through_byte_for_byte(name: str) -> None:
    """What a client of the same dialect gets is what the provider sent."""
    dialect = DIALECTS[name]
    lost = {}
    for each in of(dialect, "stream"):
        tap = dialect.stream_tap(partial(dialect.parse_error, 502, ()))
        try:
            passed = (
                b"".join([tap.feed(each.body[at : at + 700]) for at in range(0, len(each.body), 700)]) + tap.close()
            )
        except LimenError as error:
            lost[each.id] = f"{type(error).__name__}: {error}"
            continue
        if not (tap.ended or tap.fault) or not _is_whole(dialect, passed, each.body):
            lost[each.id] = "passed on otherwise"
    assert {key: why for key, why in lost.items() if key not in CUT_OR_BROKEN} == {}
    assert len(lost) <= len(of(dialect, "stream")) * (1 - SHARE)


def _is_whole(dialect: AnyDialect, passed: bytes, sent: bytes) -> bool:
    """All frames until the end or the fault, byte for byte.

    Comments before the first event are not passed on, nor what follows the end; a last blank line or end marker may be added.
    """
    got, given = _raw(dialect, passed), _raw(dialect, sent)
    if got and got != given[: len(got)] and got[-1] == b"data: [DONE]":
        del got[-1]
    return got == given[: len(got)]


def _raw(dialect: AnyDialect, data: bytes) -> list[bytes]:
    return [frame.raw.strip() for frame in frames(dialect, data) if frame.data]


def test_what_is_known_not_to_come_back_is_still_there() -> None:
    """A reason for a recording that comes back is one too many."""
    known = {
        key: dialect for dialect in DIALECTS.values() for kind in KINDS for key in changed(dialect, of(dialect, kind))
    }
    assert NOT_THE_SAME.keys() <= known.keys()


KINDS = ("request", "response", "stream")
