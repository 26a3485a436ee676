"""The hub's values at random: requests, answers and streams with every kind of block and every field, for all dialects.

Each text in them is a mark of its own, so that one can look where it went.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st

from limen.model.content import (
    Audio,
    Block,
    CacheMark,
    Document,
    Image,
    Opaque,
    Proof,
    Refusal,
    ServerTool,
    Source,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from limen.model.events import (
    BlockDelta,
    BlockStart,
    BlockStop,
    Event,
    Finish,
    OpaqueEvent,
    Start,
    UsageReport,
)
from limen.model.request import ChatRequest, Message, Reasoning, ResponseFormat, Sampling, Tool, ToolChoice
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage

FOREIGN = "elsewhere"
"""The wire that all values come from: none that there is."""
FINISHES = ("stop", "length", "tool_calls", "content_filter", "stop_sequence", "pause", "error", "other")
ISSUERS = (
    FOREIGN,
    "anthropic",
    "gemini",
    "openai_chat",
    "openai_responses",
    "bedrock_converse",
    "cohere",
    "ollama_chat",
)
_PICTURE = "iVBORw0KGgoAAAANSUhEUg=="


class Marks:
    """Texts that are like no other."""

    def __init__(self) -> None:
        self._count: Iterator[int] = itertools.count(7_100_000)

    def __call__(self) -> str:
        return f"zq{next(self._count)}"


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Said or not."""
    return st.none() | strategy


@st.composite
def sources(draw: st.DrawFn, mark: Marks) -> Source:
    """Where media come from."""
    kind = draw(st.sampled_from(("data", "url", "file")))
    if kind == "data":
        return Source(data=_PICTURE, media_type=draw(st.sampled_from(("image/png", "application/pdf", None))))
    return Source(url=f"https://x.test/{mark()}") if kind == "url" else Source(file_id=mark())


@st.composite
def proofs(draw: st.DrawFn, mark: Marks) -> Proof | None:
    """A proof, of an issuer that there is or of one that there is not."""
    issuer = draw(st.sampled_from((None, *ISSUERS)))
    return None if issuer is None else Proof(issuer, "c2lnbmVk", draw(maybe(st.just("rs_1"))))


@st.composite
def said(draw: st.DrawFn, mark: Marks) -> Block:
    """What a model says: text with or without citations, thoughts, refusals, calls, blocks of others."""
    kind = draw(
        st.sampled_from(("text", "cited", "thinking", "redacted", "refusal", "call", "custom", "server", "opaque"))
    )
    match kind:
        case "text":
            return Text(mark(), extra=draw(extras(mark)))
        case "cited":
            return Text(
                mark(), (draw(st.sampled_from(({"url": "https://x.test", "title": "X"}, {"odd": 1}, "plain"))),)
            )
        case "thinking":
            return Thinking(mark(), draw(proofs(mark)))
        case "redacted":
            return Thinking("", Proof(FOREIGN, "aGlkZGVu"), redacted=True)
        case "refusal":
            return Refusal(mark())
        case "call":
            return ToolCall(mark(), mark(), f'{{"a": "{mark()}"}}', proof=draw(proofs(mark)))
        case "custom":
            return ToolCall(mark(), mark(), mark(), kind="custom")
        case "server":
            return ServerTool(FOREIGN, {"type": "web_search", "x": mark()})
        case _:
            return Opaque(FOREIGN, {"type": "odd", "x": mark()})


@st.composite
def shown(draw: st.DrawFn, mark: Marks) -> Block:
    """What a user shows: text, media, results of tools, blocks of others."""
    kind = draw(st.sampled_from(("text", "image", "audio", "document", "result", "opaque")))
    cache = draw(maybe(st.builds(CacheMark, maybe(st.sampled_from(("5m", "1h"))))))
    match kind:
        case "text":
            return Text(mark(), cache=cache)
        case "image":
            return Image(draw(sources(mark)), draw(maybe(st.sampled_from(("low", "high", "auto")))), cache)
        case "audio":
            return Audio(draw(sources(mark)), draw(maybe(st.sampled_from(("wav", "mp3")))))
        case "document":
            return Document(draw(sources(mark)), mark(), cache)
        case "result":
            inner = (Text(mark()), Image(draw(sources(mark))))[: draw(st.integers(0, 2))]
            return ToolResult(mark(), inner, draw(maybe(st.booleans())), draw(maybe(st.just(mark()))))
        case _:
            return Opaque(FOREIGN, {"type": "odd", "x": mark()})


@st.composite
def extras(draw: st.DrawFn, mark: Marks) -> dict[str, Any]:
    """Keys that only another wire knows."""
    return {"odd_key": mark()} if draw(st.booleans()) else {}


@st.composite
def messages(draw: st.DrawFn, mark: Marks) -> Message:
    """A turn of anyone."""
    role = draw(st.sampled_from(("system", "developer", "user", "assistant", "tool")))
    if role == "assistant":
        blocks = draw(st.lists(said(mark), max_size=4))
    elif role == "user":
        blocks = draw(st.lists(shown(mark), max_size=4))
    elif role == "tool":
        blocks = [ToolResult(mark(), (Text(mark()),), draw(maybe(st.booleans())))]
    else:
        blocks = [Text(mark()) for _ in range(draw(st.integers(1, 2)))]
    plain = len(blocks) == 1 and isinstance(blocks[0], Text) and draw(st.booleans())
    only_results = all(isinstance(block, ToolResult) for block in blocks)  # No dialect has a name there.
    name = None if only_results else draw(maybe(st.just(mark())))
    return Message(role, tuple(blocks), name, plain, draw(extras(mark)))


@st.composite
def tools(draw: st.DrawFn, mark: Marks) -> Tool:
    """A function, or a tool that only another wire has."""
    if draw(st.integers(0, 4)) == 0:
        return Tool("search", kind="web_search", dialect=FOREIGN, data={"type": "web_search", "x": mark()})
    schema = {"type": "object", "properties": {mark(): {"type": "string"}}}
    return Tool(mark(), draw(maybe(st.just(mark()))), draw(maybe(st.just(schema))), draw(maybe(st.booleans())))


_NUMBER = st.integers(-3, 3) | st.floats(-3, 3, allow_nan=False)
samplings = st.builds(
    Sampling,
    temperature=maybe(_NUMBER),
    top_p=maybe(_NUMBER),
    top_k=maybe(st.integers(-1, 1000)),
    min_p=maybe(_NUMBER),
    presence_penalty=maybe(_NUMBER),
    frequency_penalty=maybe(_NUMBER),
    repetition_penalty=maybe(_NUMBER),
    seed=maybe(st.integers(0, 2**70)),
    logit_bias=maybe(st.just({"50256": -100})),
    logprobs=maybe(st.booleans()),
    top_logprobs=maybe(st.integers(0, 30)),
)
formats = st.builds(
    ResponseFormat,
    st.sampled_from(("text", "json_object", "json_schema", "odd")),
    maybe(st.just("answer")),
    maybe(st.just("what it is")),
    maybe(st.just({"type": "object", "properties": {"a": {"type": "string"}}})),
    maybe(st.booleans()),
)
reasonings = st.builds(
    Reasoning,
    maybe(st.sampled_from(("none", "minimal", "low", "medium", "high", "xhigh", "max", "odd"))),
    maybe(st.integers(-1, 100_000)),
    maybe(st.booleans()),
    maybe(st.sampled_from(("auto", "detailed"))),
)


@st.composite
def choices_of_tools(draw: st.DrawFn, offered: tuple[Tool, ...] | None) -> ToolChoice | None:
    """Which tools must be used."""
    mode = draw(maybe(st.sampled_from(("auto", "none", "required", "named"))))
    if mode is None:
        return None
    names = [tool.name for tool in offered or ()]
    picked = tuple(names[: draw(st.integers(0, 2))])
    if mode == "named":
        return ToolChoice("named", picked[:1] or ("missing",))
    return ToolChoice(mode, picked if mode != "none" else ())


@st.composite
def requests(draw: st.DrawFn) -> ChatRequest:
    """A conversation with anything in it."""
    mark = Marks()
    offered = draw(maybe(st.lists(tools(mark), max_size=3).map(tuple)))
    turns = draw(st.lists(messages(mark), min_size=1, max_size=5))
    return ChatRequest(
        model="m",
        messages=tuple(turns),
        dialect=FOREIGN,
        tools=offered,
        tool_choice=draw(choices_of_tools(offered)),
        parallel_tool_calls=draw(maybe(st.booleans())),
        sampling=draw(samplings),
        max_tokens=draw(maybe(st.integers(1, 10**6))),
        stop=draw(maybe(st.lists(st.just("END"), max_size=7).map(tuple))),
        n=draw(maybe(st.integers(1, 3))),
        response_format=draw(maybe(formats)),
        reasoning=draw(maybe(reasonings)),
        modalities=draw(maybe(st.just(("text", "audio")))),
        service_tier=draw(maybe(st.sampled_from(("auto", "flex")))),
        metadata=draw(maybe(st.just({"k": mark()}))),
        user=draw(maybe(st.just(mark()))),
        stream=draw(maybe(st.booleans())),
        stream_usage=draw(maybe(st.booleans())),
        extra=draw(extras(mark)),
    )


usages = st.builds(
    Usage,
    *[st.integers(0, 10**6)] * 8,
    dialect=st.just(FOREIGN),
)


@st.composite
def responses(draw: st.DrawFn) -> ChatResponse:
    """A full answer with anything in it."""
    mark = Marks()
    given = tuple(
        Choice(
            index,
            tuple(draw(st.lists(said(mark), max_size=5))),
            draw(maybe(st.sampled_from(FINISHES))),
            draw(maybe(st.just("RAW"))),
            draw(maybe(st.just("END"))),
            draw(maybe(st.just({"content": []}))),
            draw(extras(mark)),
            draw(extras(mark)),
        )
        for index in range(draw(st.integers(0, 2)))
    )
    return ChatResponse(
        draw(st.sampled_from(("", "id-1"))),
        draw(st.sampled_from(("", "m"))),
        given,
        FOREIGN,
        draw(maybe(usages)),
        draw(maybe(st.integers(0, 2**31))),
        draw(maybe(st.just("flex"))),
        draw(extras(mark)),
    )


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """A streamed answer that is whole: blocks in turn or side by side, usage at any time, choices beside the first."""
    mark = Marks()
    found: list[Event] = []
    if draw(st.integers(0, 9)):
        found.append(Start("id-1", "m", FOREIGN, draw(maybe(st.integers(0, 2**31))), draw(maybe(st.just("flex")))))
    for choice in range(draw(st.sampled_from((1, 1, 1, 2)))):
        queues = [
            _pieces(draw, block, number, choice) for number, block in enumerate(draw(st.lists(said(mark), max_size=4)))
        ]
        beside = draw(st.booleans())
        while any(queues):
            waiting = [queue for queue in queues if queue]
            found.append((draw(st.sampled_from(waiting)) if beside else waiting[0]).pop(0))
            if draw(st.integers(0, 9)) == 0:
                found.append(
                    draw(st.sampled_from((OpaqueEvent(FOREIGN, {}, "ping", empty=True), UsageReport(Usage()))))
                )
        found.append(Finish(draw(st.sampled_from(FINISHES)), draw(maybe(st.just("RAW"))), choice))
    if draw(st.booleans()):
        found.insert(draw(st.integers(1, len(found))), UsageReport(draw(usages)))
    return found


def _pieces(draw: st.DrawFn, block: Block, number: int, choice: int) -> list[Event]:
    """A block in pieces."""
    if isinstance(block, ServerTool | Opaque):
        return [BlockStart(number, block, choice), BlockStop(number, choice)]
    key = "arguments" if isinstance(block, ToolCall) else "text"
    text = getattr(block, key)
    empty = msgspec.structs.replace(block, **{key: ""})
    more: list[Event] = []
    if isinstance(block, Text) and block.citations:
        empty = msgspec.structs.replace(empty, citations=())
        more = [BlockDelta(number, choice=choice, citation=each) for each in block.citations]
    if isinstance(block, Thinking) and block.proof is not None and draw(st.booleans()):
        empty = msgspec.structs.replace(empty, proof=None)
        more = [BlockDelta(number, choice=choice, proof=block.proof)]
    logprobs = draw(maybe(st.just({"content": []}))) if isinstance(block, Text) else None
    said = [BlockDelta(number, text, choice, logprobs=logprobs)] if text else []
    return [BlockStart(number, empty, choice), *said, *more, BlockStop(number, choice)]
