"""The demo provider, used as a library and as a real server's clients see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from limen.errors import BadRequest, ConfigError, LimenError, MalformedReply, ProviderReply, TransportFault
from limen.model.content import Block, Text, ToolCall
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start, UsageReport
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest, Message, Tool
from limen.model.response import ChatResponse, Choice
from limen.providers.base import ProviderConfig, ProviderSettings
from limen.providers.demo import DemoConfig, DemoProvider


class Clock:
    """A sleep that only keeps what it was asked for."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


def demo(sleep: Any = None, model: str | None = None, **config: Any) -> DemoProvider:
    return DemoProvider(ProviderSettings(model, DemoConfig(**config), sleep=sleep))


def ask(text: str, **more: Any) -> ChatRequest:
    return ChatRequest("some-model", (Message("user", (Text(text),)),), "openai_chat", **more)


async def collect(events: AsyncIterator[Event]) -> tuple[list[Event], LimenError | None]:
    seen: list[Event] = []
    try:
        async for event in events:
            seen.append(event)
    except LimenError as error:
        return seen, error
    return seen, None


def fold(events: list[Event]) -> ChatResponse:
    """The full answer that a stream adds up to."""
    start = events[0]
    assert isinstance(start, Start)
    blocks: dict[tuple[int, int], tuple[Block, list[str]]] = {}
    choices, usage = [], None
    for event in events[1:]:
        if isinstance(event, BlockStart):
            blocks[event.choice, event.block] = (event.shell, [])
        elif isinstance(event, BlockDelta):
            blocks[event.choice, event.block][1].append(event.text)
        elif isinstance(event, Finish):
            done = [_whole(*pair) for (choice, _), pair in blocks.items() if choice == event.choice]
            choices.append(Choice(event.choice, tuple(done), event.reason, stop_sequence=event.stop_sequence))
        elif isinstance(event, UsageReport):
            usage = event.usage
    return ChatResponse(start.id, start.model, tuple(choices), start.dialect, usage, start.created)


def _whole(shell: Block, pieces: list[str]) -> Block:
    if isinstance(shell, ToolCall):
        return ToolCall(shell.id, shell.name, "".join(pieces), shell.kind)
    return Text("".join(pieces))


WEATHER = Tool("get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})


@pytest.mark.parametrize(
    "request_",
    [
        ask("Hi"),
        ask("Hi", n=3),
        ask("Hi", max_tokens=3),
        ask("[[limen: say a b c]]", stop=("b",)),
        ask("get_weather", tools=(WEATHER, Tool("get_time")), n=2),
        ask("get_weather get_time", tools=(WEATHER, Tool("get_time"))),
    ],
)
async def test_the_stream_adds_up_to_the_full_answer(request_: ChatRequest) -> None:
    """Streamed and full answers are the same, choice for choice and block for block."""
    events, error = await collect(demo().chat_stream(request_))
    assert error is None
    assert fold(events) == await demo().chat(request_)


async def test_completions_stream_adds_up() -> None:
    """So are those of legacy completions."""
    request = CompletionRequest("m", ("Once", "Twice"), "openai_completions", plain=False, n=2, echo=True)
    events, _ = await collect(demo().completions_stream(request))
    whole = await demo().completions(request)
    assert fold(events) == whole
    assert [choice.index for choice in whole.choices] == [0, 1, 2, 3]


async def test_blocks_open_and_close() -> None:
    """The events keep to the grammar of streams."""
    events, _ = await collect(demo().chat_stream(ask("[[limen: say a b]]")))
    kinds = [type(event) for event in events]
    assert kinds == [Start, BlockStart, BlockDelta, BlockDelta, BlockStop, Finish, UsageReport]


async def test_the_model_of_the_settings_is_told() -> None:
    """An endpoint's model name comes back; without one it is the request's."""
    assert (await demo(model="mine").chat(ask("Hi"))).model == "mine"
    assert (await demo().chat(ask("Hi"))).model == "some-model"


async def test_the_pace_of_a_stream() -> None:
    """At 10 tokens a second each waits a tenth; a full answer does not wait."""
    clock = Clock()
    await collect(demo(clock, tokens_per_second=10).chat_stream(ask("[[limen: tokens 5]]")))
    assert clock.waits[1:] == pytest.approx([0.1] * 5)
    clock.waits.clear()
    await demo(clock, tokens_per_second=10).chat(ask("[[limen: tokens 5]]"))
    assert sum(clock.waits) == 0


async def test_a_fast_pace_saves_its_pauses_up() -> None:
    """Pauses too short for a timer are added up, so the pace holds at any speed; null means none at all."""
    clock = Clock()
    await collect(demo(clock, tokens_per_second=1000).chat_stream(ask("[[limen: tokens 100]]")))
    assert sum(clock.waits) == pytest.approx(0.1, abs=0.005)
    assert len(clock.waits) < 30
    clock.waits.clear()
    await collect(demo(clock, tokens_per_second=None).chat_stream(ask("[[limen: tokens 100]]")))
    assert sum(clock.waits) == 0


async def test_delays_and_stalls() -> None:
    """A stream waits where it was asked to; a full answer waits for all of it first."""
    clock = Clock()
    prompt = "[[limen: tokens 3]] [[limen: delay 2s]] [[limen: stall after 1 10s]]"
    await collect(demo(clock, tokens_per_second=None).chat_stream(ask(prompt)))
    assert clock.waits == [2.0, 10.0]
    clock.waits.clear()
    await demo(clock).chat(ask(prompt))
    assert clock.waits == [12.0]


@pytest.mark.parametrize(
    ("directive", "kind"), [("cut", TransportFault), ("malformed", MalformedReply), ("error 500", ProviderReply)]
)
async def test_a_stream_breaks_where_it_was_asked_to(directive: str, kind: type[LimenError]) -> None:
    """Exactly so many tokens come, then the fault; no finish, no usage."""
    events, error = await collect(demo().chat_stream(ask(f"[[limen: tokens 9]] [[limen: {directive} after 4]]")))
    assert isinstance(error, kind)
    assert sum(isinstance(event, BlockDelta) for event in events) == 4
    assert not any(isinstance(event, Finish | UsageReport) for event in events)


async def test_a_break_after_the_last_token_is_still_a_break() -> None:
    """A short answer never ends cleanly where a break was asked for."""
    events, error = await collect(demo().chat_stream(ask("[[limen: say one]] [[limen: cut after 50]]")))
    assert isinstance(error, TransportFault)
    assert isinstance(events[-1], BlockStop)


async def test_an_error_comes_before_the_first_event() -> None:
    """An error without a position is the whole reply, streamed or not."""
    request = ask("[[limen: error 429 retry-after 2]]")
    events, error = await collect(demo().chat_stream(request))
    assert events == []
    assert isinstance(error, ProviderReply)
    assert (b"retry-after", b"2") in error.headers
    with pytest.raises(ProviderReply):
        await demo().chat(request)
    with pytest.raises(TransportFault):
        await demo().chat(ask("[[limen: cut after 5]]"))


async def test_embeddings() -> None:
    """One vector for each input, of the length asked for, as numbers or packed; faults work here too."""
    request = EmbeddingRequest("m", ("a b", [1, 2]), "openai_embeddings", dimensions=8)
    answer = await demo(Clock()).embeddings(request)
    assert [len(item.vector) for item in answer.embeddings] == [8, 8]
    assert answer.usage is not None
    assert answer.usage.total == 4
    packed = await demo().embeddings(EmbeddingRequest("m", ("a b",), "openai_embeddings", encoding_format="base64"))
    assert isinstance(packed.embeddings[0].vector, str)
    for bad in (0, 4097):
        with pytest.raises(BadRequest):
            await demo().embeddings(EmbeddingRequest("m", ("a",), "openai_embeddings", dimensions=bad))
    with pytest.raises(ProviderReply):
        await demo().embeddings(EmbeddingRequest("m", ("[[limen: error 500]]",), "openai_embeddings"))


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_pace_that_makes_no_sense_is_refused(speed: float) -> None:
    """The pace is a positive number, or null."""
    with pytest.raises(ValidationError):
        DemoConfig(tokens_per_second=speed)


def test_what_it_says_of_itself() -> None:
    """It answers every operation itself, needs no configuration, and takes no other provider's."""
    assert {*Operation, "chat_stream", "completions_stream"} == DemoProvider.LOCAL
    assert not DemoProvider.CONFIG_REQUIRED
    assert set(Operation) == DemoProvider.OPERATIONS
    with pytest.raises(ConfigError):
        DemoProvider(ProviderSettings(None, ProviderConfig()))
