"""A streamed answer put together from its events, whole: texts, proofs, citations and log probabilities, each at its block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from limen.errors import LimenError
from limen.model.content import Block, Proof, Text
from limen.model.events import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Failure,
    Finish,
    OpaqueEvent,
    Start,
    UsageReport,
)
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage


class Collected(msgspec.Struct):
    """The answer; `fault` is what broke it; `opaque` are the events that only their dialect knows and that mean something."""

    response: ChatResponse
    fault: LimenError | None
    opaque: list[OpaqueEvent]


class _Building:
    """One choice of a stream that is being put together."""

    def __init__(self) -> None:
        self.shells: dict[int, Any] = {}
        self.texts: dict[int, list[str]] = {}
        self.finish: Finish | None = None
        self.logprobs: list[Any] = []
        self.closed: set[int] = set()

    def add(self, delta: BlockDelta) -> None:
        """More of a block."""
        shell = self.shells[delta.block]
        if delta.text:
            self.texts.setdefault(delta.block, []).append(delta.text)
        if delta.proof is not None:
            shell = msgspec.structs.replace(shell, proof=_joined(shell.proof, delta.proof))
        if delta.citation is not None and isinstance(shell, Text):
            shell = msgspec.structs.replace(shell, citations=(*shell.citations, delta.citation))
        if delta.logprobs is not None:
            self.logprobs.append(delta.logprobs)
        self.shells[delta.block] = shell

    def blocks(self) -> tuple[Block, ...]:
        """The blocks, whole."""
        return tuple(self._block(number) for number in self.shells)

    def _block(self, number: int) -> Block:
        shell, text = self.shells[number], "".join(self.texts.get(number, ()))
        name = "arguments" if hasattr(shell, "arguments") else "text"
        if not text or not hasattr(shell, name):
            return shell  # type: ignore[no-any-return]
        return msgspec.structs.replace(shell, **{name: getattr(shell, name) + text})  # type: ignore[no-any-return]


def _joined(known: Proof | None, more: Proof) -> Proof:
    if known is None or known.issuer != more.issuer or known.value == more.value:
        return more
    return Proof(known.issuer, known.value + more.value, more.id or known.id)


def collect(events: Sequence[Event]) -> Collected:
    """All of a stream. AssertionError for events in an order that no stream may have."""
    start: Start | None = None
    usage: Usage | None = None
    choices: dict[int, _Building] = {}
    fault: LimenError | None = None
    opaque: list[OpaqueEvent] = []
    for event in events:
        assert fault is None, "something follows a failure"
        match event:
            case Start():
                assert start is None, "two starts"
                start, usage = event, event.usage
            case BlockStart():
                building = choices.setdefault(event.choice, _Building())
                assert event.block not in building.shells, "a block starts twice"
                building.shells[event.block] = event.shell
            case BlockDelta():
                building = choices[event.choice]
                assert event.block not in building.closed, "a closed block goes on"
                building.add(event)
            case BlockStop():
                assert event.block in choices[event.choice].shells, "a block ends that did not start"
                choices[event.choice].closed.add(event.block)
            case Finish():
                choices.setdefault(event.choice, _Building()).finish = event
            case UsageReport():
                usage = event.usage
            case Failure():
                fault = event.fault
            case OpaqueEvent():
                opaque += [] if event.empty else [event]
    return Collected(_response(start or Start("", "", ""), usage, choices), fault, opaque)


def _response(start: Start, usage: Usage | None, choices: dict[int, _Building]) -> ChatResponse:
    whole = tuple(_choice(index, building) for index, building in sorted(choices.items()))
    return ChatResponse(start.id, start.model, whole, start.dialect, usage, start.created, start.service_tier)


def _choice(index: int, building: _Building) -> Choice:
    end = building.finish
    return Choice(
        index,
        building.blocks(),
        end and end.reason,
        end and end.raw,
        end and end.stop_sequence,
        building.logprobs or None,
    )
