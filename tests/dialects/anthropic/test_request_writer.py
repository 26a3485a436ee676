"""Requests of another dialect, written for the model that will read them."""

import json
from typing import Any

import pytest

from anthropic_wire import DIALECT, REQUEST, parsed, sent
from limen.dialects.anthropic.messages import AnthropicMessages
from limen.dialects.anthropic.request_writer import Envelope
from limen.dialects.seal import seal_proof
from limen.model.content import Proof, Text, Thinking, ToolCall, ToolResult
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Reasoning, ResponseFormat, Sampling, Tool, ToolChoice

ASK = (Message("user", (Text("x"),)),)
SONNET = "claude-sonnet-4-5"


def send(model: str = SONNET, messages: tuple[Message, ...] = ASK, **more: Any) -> tuple[dict[str, Any], list[str]]:
    losses = Losses()
    return sent(ChatRequest(model, messages, "other", **more), losses), list(losses)


def test_the_bound_on_output_is_filled_in_and_kept_in_range() -> None:
    """Anthropic requires it; what the model can't give is brought down by name."""
    assert [send(model)[0]["max_tokens"] for model in ("other", "claude-3-5-haiku", SONNET)] == [4096, 8192, 32000]
    assert send(max_tokens=7) == (
        {"model": SONNET, "max_tokens": 7, "messages": [{"role": "user", "content": "x"}]},
        [],
    )
    assert send("claude-3-opus", max_tokens=9000)[1] == ["max_tokens"]
    assert send(max_tokens=0)[0]["max_tokens"] == 1


@pytest.mark.parametrize(
    ("model", "sampling", "kept", "lost"),
    [
        (SONNET, Sampling(temperature=1.5), {"temperature": 1}, ["temperature"]),
        (SONNET, Sampling(temperature=0.5, top_p=0.9), {"temperature": 0.5}, ["top_p"]),
        (SONNET, Sampling(top_p=0.9, top_k=3), {"top_p": 0.9, "top_k": 3}, []),
        ("claude-3-opus", Sampling(temperature=0.5, top_p=0.9), {"temperature": 0.5, "top_p": 0.9}, []),
        ("claude-opus-4-8", Sampling(temperature=0.5, top_p=0.9, top_k=3), {}, ["temperature", "top_p", "top_k"]),
        ("claude-opus-4-8", Sampling(temperature=1, top_p=1), {}, []),
        (SONNET, Sampling(seed=1, presence_penalty=1, min_p=0.1), {}, ["min_p", "presence_penalty", "seed"]),
    ],
)
def test_ways_to_pick_tokens(model: str, sampling: Sampling, kept: dict[str, Any], lost: list[str]) -> None:
    """Only what the model takes, in its range; the rest is named."""
    body, found = send(model, sampling=sampling)
    assert {key: body[key] for key in ("temperature", "top_p", "top_k") if key in body} == kept
    assert found == lost


def test_thinking_takes_no_temperature() -> None:
    """But 1; nor a forced tool, nor an answer that has begun."""
    body, lost = send(sampling=Sampling(temperature=0.2, top_k=4), reasoning=Reasoning(budget=2000))
    assert ("temperature" in body, "top_k" in body, lost) == (False, False, ["temperature", "top_k"])
    forced = {"tools": (Tool("f"),), "tool_choice": ToolChoice("required")}
    body, lost = send(reasoning=Reasoning(budget=2000), **forced)
    assert ("thinking" in body, body["tool_choice"], lost) == (False, {"type": "any"}, ["reasoning"])
    begun = (*ASK, Message("assistant", (Text("y"),)))
    assert send(messages=begun, reasoning=Reasoning(budget=2000))[1] == ["reasoning"]


def loop(*thoughts: Thinking) -> tuple[Message, ...]:
    call = ToolCall("1", "f", "{}")
    return (*ASK, Message("assistant", (*thoughts, call)), Message("tool", (ToolResult("1", (Text("r"),)),)))


@pytest.mark.parametrize("thoughts", [(), (Thinking("t"),), (Thinking("t", Proof("gemini", "g")),)])
@pytest.mark.parametrize("model", [SONNET, "claude-opus-4-6", "kimi-k2"])
def test_calls_without_their_signed_thoughts_switch_thinking_off(model: str, thoughts: tuple[Thinking, ...]) -> None:
    """A conversation that comes from another provider goes on, without a refusal (a thread that is bricked otherwise)."""
    body, lost = send(model, loop(*thoughts), tools=(Tool("f"),), reasoning=Reasoning(budget=2000))
    assert "thinking" not in body
    assert "reasoning" in lost


def test_calls_with_their_signed_thoughts_go_on_thinking() -> None:
    """As within one provider."""
    messages = loop(Thinking("t", Proof("anthropic", "s")))
    body, lost = send(SONNET, messages, tools=(Tool("f"),), reasoning=Reasoning(budget=2000))
    assert (body["thinking"]["type"], lost) == ("enabled", [])
    assert body["messages"][1]["content"][0] == {"type": "thinking", "thinking": "t", "signature": "s"}


@pytest.mark.parametrize("proof", [Proof("gemini", "g"), Proof("", "")])
def test_what_others_signed_never_reaches_anthropic(proof: Proof) -> None:
    """Not even in a request of its own dialect, from a client that talked to another provider before."""
    body = json.loads(json.dumps(REQUEST))
    thought = {"type": "thinking", "thinking": "t", "signature": seal_proof(proof)}
    body["messages"][1]["content"][:2] = [thought]
    losses = Losses()
    built = json.loads(DIALECT.render_request(DIALECT.parse_request(json.dumps(body).encode()), losses))
    assert "thinking" not in built
    assert [block["type"] for block in built["messages"][1]["content"]] == ["text", "tool_use"]
    assert "thinking" in list(losses)


SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def test_a_schema_for_the_answer() -> None:
    """Natively, closed; its name and description stand in the schema."""
    wanted = ResponseFormat("json_schema", "answer", "All of it.", SCHEMA, strict=True)
    body, lost = send(response_format=wanted, reasoning=Reasoning(budget=2000))
    closed = {**SCHEMA, "additionalProperties": False, "title": "answer", "description": "All of it."}
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": closed}}
    assert lost == []
    assert SCHEMA == {"type": "object", "properties": {"a": {"type": "string"}}}


def test_what_no_model_can_be_held_to_it_is_asked_for() -> None:
    """Any JSON object, or a schema with an older model."""
    body, lost = send(response_format=ResponseFormat("json_object"))
    assert ("JSON object" in body["system"], lost) == (True, ["response_format"])
    messages = (Message("system", (Text("s"),)), *ASK)
    body, lost = send("claude-3-opus", messages, response_format=ResponseFormat("json_schema", schema=SCHEMA))
    assert body["system"][0]["text"] == "s"
    assert '"properties"' in body["system"][1]["text"]
    assert "output_config" not in send(response_format=ResponseFormat("text"))[0]


def test_the_rest() -> None:
    """A user and a tier are mapped; what there is no place for is named."""
    body, lost = send(
        user="u" * 300,
        service_tier="default",
        n=2,
        metadata={"a": "b"},
        modalities=("text", "audio"),
        stop=("END", "\n"),
    )
    assert (len(body["metadata"]["user_id"]), body["service_tier"], body["stop_sequences"]) == (
        256,
        "standard_only",
        ["END"],
    )
    assert lost == ["stop", "user", "metadata", "n", "modalities"]
    assert send(service_tier="flex")[1] == ["service_tier"]
    assert send(extra={"odd": 1, "nothing": None})[1] == ["odd"]


def test_another_envelope() -> None:
    """Bedrock and Vertex have the model and the stream in the path, and a version in the body."""
    bedrock = AnthropicMessages(Envelope(model=False, stream=False, version="bedrock-2023-05-31"))
    built = json.loads(bedrock.render_request(ChatRequest(SONNET, ASK, "other", stream=True), Losses()))
    assert built.keys() == {"messages", "max_tokens", "anthropic_version"}
    own = parsed(anthropic_version="other", stream=True)
    built = json.loads(bedrock.render_request(own, Losses()))
    assert (built["anthropic_version"], "model" in built, "stream" in built) == ("other", False, False)
