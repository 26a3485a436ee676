"""OpenAI's chat completions as a whole: everything that goes in comes out again."""

import itertools
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from corpus import bodies, streams
from limen.dialects.base import AnyDialect
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest, MalformedReply, TransportFault
from limen.model.content import Text, Thinking
from limen.model.events import BlockDelta, BlockStart, BlockStop, Failure, Finish, Start, UsageReport
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from limen.wire.edit import Fields
from openai_wire import (
    CHAT,
    STREAMED,
    chunks,
    collect,
    events,
    exact,
    fixture,
    frames,
    rendered,
    request_again,
    response_again,
    said,
)

DIALECT = OpenAIChat()


@pytest.mark.parametrize("case", CHAT)
def test_requests_come_back(case: str) -> None:
    """Parsed and rendered, a request is the same JSON."""
    body = fixture(case, "request.json")
    assert exact(request_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize("case", CHAT)
def test_answers_come_back(case: str) -> None:
    """So is a full answer."""
    body = fixture(case, "response.json")
    assert exact(response_again(DIALECT, body)) == exact(body)


@pytest.mark.parametrize("case", STREAMED)
def test_streams_come_back_frame_by_frame(case: str) -> None:
    """And each frame of a stream."""
    stream = fixture(case, "stream.sse")
    assert chunks(rendered(DIALECT, events(DIALECT, stream))) == chunks(stream)


@pytest.mark.parametrize("case", STREAMED)
def test_a_stream_is_the_answer_in_pieces(case: str) -> None:
    """Put together, a stream has the blocks, reasons and usage of the full answer."""
    whole = DIALECT.parse_response(fixture(case, "response.json"))
    streamed = collect(events(DIALECT, fixture(case, "stream.sse")))
    assert said(streamed) == said(whole)
    assert [(c.finish, c.raw_finish) for c in streamed.choices] == [(c.finish, c.raw_finish) for c in whole.choices]
    assert (streamed.id, streamed.model, streamed.created) == (whole.id, whole.model, whole.created)
    assert streamed.usage == whole.usage


@pytest.mark.parametrize("case", STREAMED)
def test_any_split_gives_the_same_events(case: str) -> None:
    """Whole, byte by byte, and cut at every boundary."""
    stream = fixture(case, "stream.sse")
    whole = events(DIALECT, stream)
    assert events(DIALECT, stream, range(1, len(stream))) == whole
    for cut in range(0, len(stream), 7):
        assert events(DIALECT, stream, [cut]) == whole


def test_recorded_requests_come_back() -> None:
    """Every request that a provider answered, whoever served it."""
    lost = [name for name, body in bodies("chat", "request") if exact(request_again(DIALECT, body)) != exact(body)]
    assert lost == []


# Requests that OpenAI and llama.cpp refused as malformed, which are refused here in the same place before they are sent.
MALFORMED = {"messages[1].content[0].type", "temperature"}


def test_recorded_requests_that_were_refused_come_back_or_are_refused_here() -> None:
    """Nothing is lost of what a provider would not take, and what is malformed has its place named."""
    refused = set()
    for status in (400, 401, 404, 429, 500):
        for name, body in bodies("chat", "request", status=status):
            found = _refused_at(body)
            if found is None:
                assert exact(request_again(DIALECT, body)) == exact(body), name
            else:
                refused.add(found)
    assert refused == MALFORMED


def _refused_at(body: bytes) -> str | None:
    try:
        DIALECT.parse_request(body)
    except BadRequest as error:
        return error.param
    return None


def test_recorded_answers_come_back() -> None:
    """Every full answer."""
    lost = [name for name, body in bodies("chat", "response") if exact(response_again(DIALECT, body)) != exact(body)]
    assert lost == []


def test_recorded_streams_come_back_frame_by_frame() -> None:
    """Every streamed answer that ended."""
    lost = [name for name, data in streams("chat") if chunks(rendered(DIALECT, events(DIALECT, data))) != chunks(data)]
    assert lost == []


def test_recorded_streams_collect_to_what_was_sent() -> None:
    """The text of each kind, put together from events, is what the frames' own fields add up to."""
    for name, data in streams("chat"):
        assert _collected(data) == _summed(data), name


def _collected(data: bytes) -> dict[int, list[str]]:
    found = {}
    for choice in collect(events(DIALECT, data)).choices:
        text = "".join([block.text for block in choice.blocks if isinstance(block, Text)])
        thought = "".join([block.text for block in choice.blocks if isinstance(block, Thinking)])
        calls = "".join([block.arguments for block in choice.blocks if hasattr(block, "arguments")])
        if text or thought or calls:
            found[choice.index] = [text, thought, calls]
    return found


def _summed(data: bytes) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for frame in frames(data):
        if not frame.data or frame.data.strip() == b"[DONE]":
            continue
        for choice in json.loads(frame.data)["choices"]:
            delta, sums = choice.get("delta") or {}, found.setdefault(choice["index"], ["", "", ""])
            content = delta.get("content") or ""
            if isinstance(content, list):
                sums[0] += "".join([part["text"] for part in content if part["type"] == "text"])
                inner = [part["thinking"] for part in content if part["type"] == "thinking"]
                sums[1] += "".join([item["text"] for item in itertools.chain(*inner)])
            else:
                sums[0] += content
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            details = delta.get("reasoning_details") or []
            sums[1] += thought or "".join([item.get("text") or "" for item in details])
            for call in delta.get("tool_calls") or []:
                sums[2] += call["function"].get("arguments") or ""
    return {index: sums for index, sums in found.items() if any(sums)}


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(STREAMED), st.sets(st.integers(0, 3000), max_size=12))
def test_random_splits_give_the_same_events(case: str, cuts: set[int]) -> None:
    """Several cuts at once, anywhere."""
    stream = fixture(case, "stream.sse")
    assert events(DIALECT, stream, {cut for cut in cuts if cut < len(stream)}) == events(DIALECT, stream)


ATOMS: list[Any] = [None, True, 0, -1.5, "", "x", [], {}, [1], [None], [{}], {"type": "text"}, {"id": "c"}, 10**30]


def mutated(value: Any, random: Random) -> Any:
    """`value` with something in it changed, taken out or put in."""
    choice = random.random()
    if isinstance(value, dict) and value and choice < 0.8:
        key = random.choice(sorted(value))
        rest = {other: kept for other, kept in value.items() if other != key or choice > 0.1}
        return {**rest, "zz": random.choice(ATOMS)} if choice < 0.2 else {**rest, key: mutated(value[key], random)}
    if isinstance(value, list) and value and choice < 0.8:
        place = random.randrange(len(value))
        return [*value[:place], *([] if choice < 0.1 else [mutated(value[place], random)]), *value[place + 1 :]]
    return random.choice(ATOMS)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(CHAT), st.sampled_from(["request.json", "response.json"]), st.randoms(use_true_random=False))
def test_mutations_come_back_or_are_refused(case: str, name: str, random: Random) -> None:
    """Whatever is wrong with a body: it is kept to the last key, or refused in words, and another wire loses it by name."""
    body = json.dumps(mutated(mutated(json.loads(fixture(case, name)), random), random)).encode()
    dialect: AnyDialect = DIALECT
    again, parse = (
        (request_again, dialect.parse_request) if name == "request.json" else (response_again, dialect.parse_response)
    )
    render = dialect.render_request if name == "request.json" else dialect.render_response
    try:
        parsed = parse(body)
    except (BadRequest, MalformedReply):
        return
    assert exact(again(DIALECT, body)) == exact(body)
    render(replace(parsed, dialect="other"), Losses())


def foreign_answer() -> ChatResponse:
    """An answer of a dialect that is not OpenAI's."""
    blocks = (Thinking("Hm."), Text("One"), Text(" two"))
    usage = Usage(
        input_uncached=10, input_cache_read=5, output_text=3, output_reasoning=4, dialect="other", raw={"x": 1}
    )
    return ChatResponse(
        "msg_1", "m", (Choice(0, blocks, "stop_sequence", "end", "X"),), "other", usage, extra={"odd": 1, "nil": None}
    )


def test_another_dialects_answer_satisfies_openais_types() -> None:
    """A rendered answer has what OpenAI's SDK wants, and names what is lost."""
    losses = Losses()
    answer = ChatCompletion.model_validate_json(DIALECT.render_response(foreign_answer(), losses))
    assert answer.choices[0].message.content == "One two"
    assert answer.choices[0].message.model_extra == {"reasoning_content": "Hm."}
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (15, 7, 22)
    assert dict(losses.items()).keys() == {"odd", "stop_sequence"}


def test_another_dialects_stream_satisfies_openais_types() -> None:
    """Each frame has what OpenAI's SDK wants: the role first, usage last, and only if it was asked for."""
    found = [
        Start("msg_1", "m", "other", 1, usage=Usage(input_uncached=9, dialect="other")),
        BlockStart(0, Thinking("")),
        BlockDelta(0, "Hm."),
        BlockStop(0),
        BlockStart(1, Text("")),
        BlockDelta(1, "A \u2028"),
        BlockStop(1),
        UsageReport(Usage(input_uncached=9, output_text=2, dialect="other")),
        Finish("length", "max"),
    ]
    said = frames(rendered(DIALECT, found))
    told = [ChatCompletionChunk.model_validate_json(frame.data) for frame in said[:-1]]
    deltas = [chunk.choices[0].delta.model_dump(exclude_unset=True) for chunk in told[:-1]]
    assert deltas == [{"role": "assistant", "content": ""}, {"reasoning_content": "Hm."}, {"content": "A \u2028"}, {}]
    assert [chunk.choices[0].finish_reason for chunk in told[:-1]] == [None, None, None, "length"]
    assert told[-1].usage is not None
    assert (told[-1].choices, told[-1].usage.total_tokens) == ([], 11)
    assert said[-1].data == b"[DONE]"
    assert b"usage" not in rendered(DIALECT, found, usage=False)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"messages":{}}', "messages"),
        (b'{"messages":null}', "messages"),
        (b'{"model":"m"}', "messages"),
        (b'{"messages":[],"stream":"yes"}', "stream"),
        (b'{"messages":[],"stream":1}', "stream"),
    ],
)
def test_a_relayed_body_must_have_messages(body: bytes, param: str) -> None:
    """What no provider could make sense of is not sent; all else is the provider's to say."""
    with pytest.raises(BadRequest) as told:
        DIALECT.validate_relay(Fields.parse(body))
    assert told.value.param == param
    DIALECT.validate_relay(Fields.parse(b'{"messages" : [ ],"stream": false,"temperature":"hot"}'))


def test_a_failure_is_told_in_band() -> None:
    """A stream that broke ends with an error event and no end marker of its own."""
    start = [Start("x", "m", "other"), Failure(TransportFault("the connection was reset"))]
    renderer = DIALECT.stream_renderer(DIALECT.parse_request(fixture("plain", "request.json")), Losses())
    out = b"".join(renderer.render(event) for event in start)
    assert json.loads(frames(out)[0].data)["error"]["message"] == "the connection was reset"
    assert out.startswith(b"data: ")
    assert out.endswith(b"\n\n")


def test_rendered_fixtures_satisfy_openais_types() -> None:
    """What is rendered for OpenAI's own shapes passes OpenAI's own types."""
    for case in ("plain", "tools", "reasoning", "refusal", "choices", "legacy", "structured"):
        ChatCompletion.model_validate_json(response_again(DIALECT, fixture(case, "response.json")))
    for case in STREAMED:
        for text in chunks(rendered(DIALECT, events(DIALECT, fixture(case, "stream.sse"))))[:-1]:
            ChatCompletionChunk.model_validate_json(text)
