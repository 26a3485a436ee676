"""The full answer."""

import json
from typing import Any

import pytest

from limen.dialects.seal import unseal_proof
from limen.errors import MalformedReply
from limen.model.content import Opaque, Proof, Text, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from openai_wire import exact, response_again
from responses_wire import DIALECT, answer, ask, body, call, message, thought

ODD: list[dict[str, Any]] = [
    {},
    {"id": "", "output": None},
    {"id": "r", "output": [], "model": 3, "created_at": 1.5},
    answer(1, None, message(role="user"), message(content=[1]), call(call_id=None), call(arguments=3), {"type": "x"}),
    answer(message(content="bare"), {"type": "function_call_output", "call_id": "c", "output": "a"}, usage=None),
    answer(status=401, billing={"payer": "developer"}, service_tier=None),
]


@pytest.mark.parametrize("case", ODD)
def test_odd_answers_come_back(case: dict[str, Any]) -> None:
    """Nothing that a provider says is refused but what is no object."""
    assert exact(response_again(DIALECT, body(case))) == exact(body(case))


@pytest.mark.parametrize("text", [b"<html>", b"[]", b"1"])
def test_what_is_no_object_is_malformed(text: bytes) -> None:
    """It is told as the provider's fault."""
    with pytest.raises(MalformedReply):
        DIALECT.parse_response(text)


ENDS: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
    (answer(message()), ("stop", "completed")),
    (answer(message(), call()), ("tool_calls", "completed")),
    (answer({"type": "local_shell_call", "call_id": "c"}), ("tool_calls", "completed")),
    (answer({"type": "web_search_call"}), ("stop", "completed")),
    (answer(status="incomplete", incomplete_details={"reason": "max_output_tokens"}), ("length", "max_output_tokens")),
    (
        answer(status="incomplete", incomplete_details={"reason": "content_filter"}),
        ("content_filter", "content_filter"),
    ),
    (answer(status="incomplete"), ("other", "incomplete")),
    (answer(status="failed"), ("error", "failed")),
    (answer(status="queued"), ("other", "queued")),
    (answer(status=None), ("stop", None)),
]


@pytest.mark.parametrize(("case", "end"), ENDS)
def test_why_an_answer_ended(case: dict[str, Any], end: tuple[str | None, str | None]) -> None:
    """A call of a client's tool is a reason of its own."""
    choice = DIALECT.parse_response(body(case)).choices[0]
    assert (choice.finish, choice.raw_finish) == end


def render(*blocks: Any, losses: Losses | None = None, **more: Any) -> dict[str, Any]:
    told = {"finish": "stop", **more}
    response = ChatResponse(
        "msg_1",
        "m",
        (Choice(0, blocks, **told), Choice(1, ())),
        "other",
        Usage(input_uncached=3, output_text=2),
        5,
        "on_demand",
        extra={"odd": 1, "object": "x"},
    )
    found: dict[str, Any] = json.loads(
        DIALECT.render_answer(response, ask(), losses if losses is not None else Losses())
    )
    return found


def test_another_dialects_answer_has_items_of_its_own() -> None:
    """Thoughts with sealed proofs, texts with annotations, calls; the rest is lost by name."""
    losses = Losses()
    proof = Proof("anthropic", "sig")
    found = render(
        Thinking("T", proof),
        Text("a", ({"url": "u"},)),
        Text("b"),
        ToolCall("c", "f", "{}"),
        Opaque("x", 1),
        losses=losses,
    )
    items = found["output"]
    assert [item["type"] for item in items] == ["reasoning", "message", "function_call"]
    assert [item["id"] for item in items] == ["rs_1_0", "msg_1_1", "fc_1_2"]
    assert unseal_proof(items[0]["encrypted_content"]) == proof
    assert [part["text"] for part in items[1]["content"]] == ["a", "b"]
    assert items[1]["content"][0]["annotations"][0]["url"] == "u"
    assert (found["id"], found["created_at"], found["usage"]["total_tokens"]) == ("resp_1", 5, 5)
    assert set(losses) == {"choices[0].message.content[4]", "choices[1]", "odd"}
    back = DIALECT.parse_response(body(found)).choices[0].blocks
    assert (back[0].proof, back[3].id) == (proof, "c")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("finish", "status"),
    [("length", "incomplete"), ("content_filter", "incomplete"), ("error", "failed"), ("pause", "completed")],
)
def test_how_another_dialects_answer_ended(finish: str, status: str) -> None:
    """In the status; what it can't say is lost by name."""
    losses = Losses()
    found = render(finish=finish, stop_sequence="X", logprobs={}, losses=losses)
    assert found["status"] == status
    assert {"stop_sequence", "choices[0].logprobs"} <= set(losses)
    assert ("finish_reason" in losses) is (finish == "pause")


def test_a_thought_without_an_envelope_is_no_hindrance() -> None:
    """An answer of this wire that was made by hand is written too."""
    made = ChatResponse("r", "m", (Choice(0, (Thinking("T"), Text("a"))),), DIALECT.wire)
    found = json.loads(DIALECT.render_response(made, Losses()))
    assert [item.get("type") for item in found["output"]] == [None]
    assert thought()["type"] == "reasoning"
