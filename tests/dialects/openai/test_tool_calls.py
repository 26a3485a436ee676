"""A model's calls of tools."""

import json
from typing import Any

import pytest

from limen.dialects.members import LenientMembers, Members
from limen.dialects.openai.tool_calls import legacy_id, parse_call, parse_legacy, render_calls
from limen.dialects.rendering import Rendering
from limen.dialects.seal import open_id
from limen.errors import BadRequest
from limen.model.content import CacheMark, Proof, ToolCall
from limen.model.losses import Losses

WIRE = "openai_chat"


def call(**more: Any) -> dict[str, Any]:
    return {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}, **more}


def written(*calls: ToolCall, origin: str = WIRE, losses: Losses | None = None, answer: bool = False) -> Any:
    built: dict[str, Any] = {}
    rendering = Rendering(WIRE, origin, losses if losses is not None else Losses(), answer=answer)
    render_calls([("m", found) for found in calls], built, rendering)
    return json.loads(json.dumps(built, default=lambda raw: json.loads(bytes(raw))))


@pytest.mark.parametrize(
    ("value", "name", "arguments"),
    [
        (call(), "f", '{"a": 1}'),
        (call(index=3, cache_control={"type": "ephemeral"}), "f", '{"a": 1}'),
        (call(id=None, type=None), "f", '{"a": 1}'),
        (call(id="", type=""), "f", '{"a": 1}'),
        ({"function": {"name": "f", "arguments": "{"}}, "f", "{"),
        (call(function={"name": "f", "arguments": None, "x": 1}), "f", ""),
        (call(function={"name": "f"}), "f", ""),
        (call(function={"name": "f", "arguments": {"a": 1}}), "f", '{"a":1}'),
        (call(function={"arguments": ""}), "function", ""),
        ({"id": "c", "type": "custom", "custom": {"name": "note", "input": "free\ntext"}}, "note", "free\ntext"),
        ({"id": "c", "type": "computer", "computer": {"click": 1}}, "computer", ""),
        ({"id": "c", "type": "function"}, "function", ""),
        (call(function=1), "function", ""),
        (call(function={"name": "", "arguments": "{}"}), "", "{}"),
        (call(custom={"name": "", "input": ""}), "f", '{"a": 1}'),
    ],
)
def test_calls_come_back(value: dict[str, Any], name: str, arguments: str) -> None:
    """Arguments as the model wrote them, not as JSON should look; odd shapes as they were."""
    text = json.dumps(value)
    found = parse_call(json.loads(text), "c", LenientMembers)
    assert (found.name, found.arguments) == (name, arguments)
    assert written(found) == {"tool_calls": [json.loads(text)]}


def test_a_clients_call_must_have_its_shape() -> None:
    """Down to the key."""
    for value, param in (
        (1, "c"),
        (call(id=5), "c.id"),
        (call(function={"name": 1}), "c.function.name"),
        (call(function=[]), "c.function"),
    ):
        with pytest.raises(BadRequest) as told:
            parse_call(value, "c", Members)
        assert told.value.param == param


def test_the_call_of_old_is_a_call() -> None:
    """With an id made of its name, so that other dialects can pair it with its result; and it comes back in old words."""
    rest = {"function_call": {"name": "f", "arguments": "{}", "x": None}}
    found = parse_legacy(rest)
    assert found is not None
    assert (found.id, found.name, found.arguments, rest) == (legacy_id("f"), "f", "{}", {})
    assert written(found) == {"function_call": {"name": "f", "arguments": "{}", "x": None}}
    assert parse_legacy({"function_call": {"name": "", "arguments": ""}}) is None
    assert parse_legacy({"function_call": "auto"}) is None


def test_a_foreign_proof_travels_with_a_client_only() -> None:
    """A client gets it with the call and brings it back; another provider does not."""
    losses = Losses()
    signed = ToolCall("c", "f", "{}", proof=Proof("gemini", "c2ln"))
    carried = written(signed, origin="gemini", losses=losses, answer=True)["tool_calls"][0]
    assert open_id(carried["id"]) == ("c", (), signed.proof)
    assert not losses
    assert written(signed, origin="gemini", losses=losses)["tool_calls"][0]["id"] == "c"
    assert [name for name, _ in losses.items()] == ["m.proof"]


def test_calls_of_another_dialect() -> None:
    """Functions and custom tools have a place here; other types, cache marks and extras are named losses."""
    losses = Losses()
    sent = written(
        ToolCall("a", "f", "{}", cache=CacheMark(), extra={"odd": 1}),
        ToolCall("b", "bash", "", kind="bash"),
        origin="other",
        losses=losses,
    )
    assert sent == {"tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}
    assert sorted(name for name, _ in losses.items()) == ["m", "m.cache_control", "m.odd"]
