"""Gemini's dialect as a whole."""

import contextlib
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gemini_wire import DIALECT, answering, asking, dumped
from limen.errors import BadRequest, MalformedReply, Overloaded
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.wire.edit import Fields
from openai_wire import exact, request_again, response_again

REQUEST = asking(
    {"text": "a", "thought": False},
    {
        "functionResponse": {
            "name": "f",
            "response": {"result": "x"},
            "parts": [{"inlineData": {"mimeType": "image/png", "data": "A"}}],
        }
    },
    {"file_data": {"file_uri": "gs://a/b", "mime_type": "audio/wav"}, "videoMetadata": {"fps": 0.2}},
    {"functionCall": {"name": "f", "args": {"a": 1}, "id": "x"}, "thoughtSignature": "s"},
    systemInstruction={"role": "user", "parts": [{"text": "b"}]},
    tools=[{"functionDeclarations": [{"name": "f", "parameters": {"type": "OBJECT"}}], "codeExecution": {}}],
    toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}},
    generationConfig={"topK": 4.0, "responseSchema": {"type": "STRING"}, "thinkingConfig": {"thinkingBudget": 5}},
)
ANSWER = dumped(
    {
        **answering(
            {"text": "a", "thoughtSignature": "s"}, {"functionCall": {"name": "f", "args": {}}}, avgLogprobs=-1.5
        ),
        "usageMetadata": {"promptTokenCount": 1},
        "createTime": "2026-01-02T03:04:05Z",
    }
)
ATOMS: list[Any] = [None, True, 0, -1.5, "", "x", [], {}, [1], [None], [{}], {"text": "t"}, {"id": "c"}, 10**30]


def mutated(value: Any, random: Random) -> Any:
    """`value` with something in it changed, taken out or put in."""
    choice = random.random()
    if isinstance(value, dict) and value and choice < 0.8:
        key = random.choice(sorted(value))
        rest = {other: kept for other, kept in value.items() if other != key or choice > 0.1}
        return {**rest, "z_z": random.choice(ATOMS)} if choice < 0.2 else {**rest, key: mutated(value[key], random)}
    if isinstance(value, list) and value and choice < 0.8:
        place = random.randrange(len(value))
        return [*value[:place], *([] if choice < 0.1 else [mutated(value[place], random)]), *value[place + 1 :]]
    return random.choice(ATOMS)


@settings(max_examples=600, deadline=None)
@given(st.booleans(), st.randoms(use_true_random=False))
def test_mutations_come_back_or_are_refused(asked: bool, random: Random) -> None:
    """Whatever is wrong with a body: it is kept to the last key, or refused in words, and another wire loses it by name."""
    body = dumped(mutated(mutated(json.loads(REQUEST if asked else ANSWER), random), random))
    again, parse = (request_again, DIALECT.parse_request) if asked else (response_again, DIALECT.parse_response)
    render = DIALECT.render_request if asked else DIALECT.render_response
    try:
        parsed = parse(body)
    except (BadRequest, MalformedReply):
        return
    assert exact(again(DIALECT, body)) == exact(body)
    with contextlib.suppress(BadRequest):  # Nothing of it may be left for another wire.
        render(replace(parsed, dialect="other"), Losses())


def test_both_come_back() -> None:
    """Unmutated."""
    assert exact(request_again(DIALECT, REQUEST)) == exact(REQUEST)
    assert exact(response_again(DIALECT, ANSWER)) == exact(ANSWER)


def test_a_relayed_body_has_contents() -> None:
    """What no provider could make sense of is not sent; all else is the provider's to say."""
    DIALECT.validate_relay(Fields.parse(b'{"contents": "odd"}'))
    with pytest.raises(BadRequest) as told:
        DIALECT.validate_relay(Fields.parse(b'{"contents": null}'))
    assert told.value.param == "contents"


def test_what_it_is() -> None:
    """Name, wire and operation."""
    assert (DIALECT.name, DIALECT.wire, DIALECT.operation) == ("gemini", "gemini", Operation.CHAT)


def test_an_error_in_a_stream_is_one_event() -> None:
    """On one line, whatever lines a provider's own body had."""
    event = DIALECT.render_error_event(Overloaded("busy"))
    assert event.startswith(b'data: {"error":{"code":503')
    pretty = json.dumps({"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}, indent=2).encode()
    again = DIALECT.render_error_event(DIALECT.parse_error(429, (), pretty))
    assert again.count(b"\n") == 2
    assert json.loads(again.removeprefix(b"data: "))["error"]["code"] == 429
