"""The chat request, to and from the hub."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from limen.dialects.openai.chat_request import Spelling, parse_chat_request, read_object, render_chat_request
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, ResponseFormat, Sampling

WIRE = "openai_chat"
HELLO = [{"role": "user", "content": "Hi"}]


def parse(**members: Any) -> ChatRequest:
    return parse_chat_request(json.dumps({"messages": HELLO, **members}).encode(), WIRE)


def send(request: ChatRequest, losses: Losses | None = None, spelling: Spelling | None = None) -> dict[str, Any]:
    rendering = Rendering(WIRE, request.dialect, losses if losses is not None else Losses())
    sent: dict[str, Any] = json.loads(render_chat_request(request, rendering, spelling or Spelling()))
    return sent


def foreign(**fields: Any) -> ChatRequest:
    return ChatRequest("m", (Message("user", (Text("Hi"),)),), "other", **fields)


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["x"]}, "messages[0]"),
        ({"model": 1}, "model"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"seed": 1.5}, "seed"),
        ({"n": "1"}, "n"),
        ({"max_tokens": "1"}, "max_tokens"),
        ({"stream": 1}, "stream"),
        ({"stream_options": True}, "stream_options"),
        ({"stream_options": {"include_usage": "yes"}}, "stream_options.include_usage"),
        ({"stop": 1}, "stop"),
        ({"stop": ["a", None]}, "stop"),
        ({"logit_bias": []}, "logit_bias"),
        ({"logprobs": 3}, "logprobs"),
        ({"metadata": "x"}, "metadata"),
        ({"modalities": "text"}, "modalities"),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {}}, "response_format.type"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"strict": 1}}},
            "response_format.json_schema.strict",
        ),
        ({"user": 1}, "user"),
    ],
)
def test_a_wrong_type_names_its_place(members: dict[str, Any], param: str) -> None:
    """As OpenAI does."""
    with pytest.raises(BadRequest) as told:
        parse(**members)
    assert told.value.param == param
    assert param in told.value.message


@pytest.mark.parametrize("body", [b"", b"[]", b'"x"', b"{", b"\xff", b"null", b'{"messages":' + b"[" * 99_999])
def test_a_body_must_be_an_object(body: bytes) -> None:
    """And readable."""
    with pytest.raises(BadRequest, match="request body"):
        read_object(body)


@given(
    st.dictionaries(
        st.text(max_size=4), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.integers()), max_size=4
    )
)
def test_unknown_members_come_back(members: dict[str, Any]) -> None:
    """Whatever a client adds."""
    body = {"messages": HELLO, **{f"x-{key}": value for key, value in members.items()}}
    assert send(parse_chat_request(json.dumps(body).encode(), WIRE)) == body


def test_nulls_are_not_said_and_come_back() -> None:
    """The hub has None for them."""
    request = parse(
        model=None,
        n=None,
        tools=None,
        stop=None,
        max_tokens=None,
        stream=None,
        stream_options=None,
        reasoning_effort=None,
    )
    assert (request.model, request.n, request.tools, request.stop, request.max_tokens, request.stream) == (
        "",
        None,
        None,
        None,
        None,
        None,
    )
    assert send(request)["stream_options"] is None


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "json_object", "x": 1},
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {}},
        {"type": "json_schema", "json_schema": {"name": "n", "schema": None, "x": 1}},
        {"type": "json_schema", "json_schema": {"strict": False, "schema": {}}},
        {"type": "grammar", "grammar": "x"},
        None,
    ],
)
def test_answer_formats_come_back(wanted: Any) -> None:
    """The three that are known, and others."""
    assert send(parse(response_format=wanted))["response_format"] == wanted


def test_both_bounds_on_output_come_back() -> None:
    """The newer one counts."""
    request = parse(max_tokens=1, max_completion_tokens=2)
    assert (request.max_tokens, request.max_tokens_key) == (2, "max_completion_tokens")
    assert {key: send(request)[key] for key in ("max_tokens", "max_completion_tokens")} == {
        "max_tokens": 1,
        "max_completion_tokens": 2,
    }


def test_a_changed_request_is_written_as_changed() -> None:
    """What was kept of the wire never wins over the hub."""
    request = replace(
        parse(model="a", stop="x", stream=True, stream_options={"include_usage": False, "x": 1}),
        model="b",
        stream_usage=True,
    )
    sent = send(replace(request, stop=("y", "z")))
    assert sent["model"] == "b"
    assert sent["stop"] == ["y", "z"]
    assert sent["stream_options"] == {"include_usage": True, "x": 1}


def test_another_dialects_request() -> None:
    """OpenAI's ranges hold; what it lacks is named; a schema gets the name that it requires."""
    losses = Losses()
    sent = send(
        foreign(
            sampling=Sampling(temperature=3, top_p=0.5, top_k=40, presence_penalty=-9),
            max_tokens=5,
            response_format=ResponseFormat("json_schema", schema={"type": "object"}),
            extra={"odd": 1},
        ),
        losses,
    )
    assert sent == {
        "model": "m",
        "messages": HELLO,
        "temperature": 2,
        "top_p": 0.5,
        "presence_penalty": -2,
        "max_tokens": 5,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
    }
    assert [name for name, _ in losses.items()] == ["temperature", "top_k", "presence_penalty", "odd"]


def test_a_providers_own_spelling() -> None:
    """A server may know more than OpenAI, and call things otherwise."""
    losses = Losses()
    spelling = Spelling(also=frozenset({"top_k"}), max_tokens_key="max_completion_tokens")
    sent = send(foreign(sampling=Sampling(top_k=40), max_tokens=5), losses, spelling)
    assert (sent["top_k"], sent["max_completion_tokens"]) == (40, 5)
    assert not losses
