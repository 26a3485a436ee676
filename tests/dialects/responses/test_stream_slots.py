"""The blocks of an answer while they are streamed."""

from limen.dialects.responses.answer_items import AnswerItems
from limen.dialects.responses.client_tools import ClientTools
from limen.dialects.responses.stream_slots import CallSlot, MessageSlot, PartSlot, Slot, ThoughtSlot
from limen.dialects.seal import unseal_proof
from limen.model.content import Proof, Thinking, ToolCall

MAKER = AnswerItems("1", ClientTools([]))
PROOF = Proof("anthropic", "sig")


def kinds(told: list[tuple[str, object]]) -> list[str]:
    return [kind for kind, _ in told]


def test_a_block_says_nothing_by_itself() -> None:
    """What a kind of block does not know, it has no place for."""
    slot = Slot(0, None)
    slot.add("a")
    assert (slot.opening(), slot.before_text(), slot.closing(), slot.text) == ([], [], [], "a")
    assert (slot.prove(PROOF), slot.cite({"url": "u"})) == (False, None)


def test_a_message_is_whole_once_its_parts_are() -> None:
    """In the order in which they began, with their annotations."""
    message = MessageSlot(2, MAKER)
    first, second = PartSlot(message, "output_text"), PartSlot(message, "refusal")
    second.add("no")
    second.closing()
    first.add("yes")
    assert first.cite({"page": 1}) is None
    assert second.cite({"url": "u"}) is None
    assert (first.cite({"url": "u"}) or ("",))[0] == "response.output_text.annotation.added"
    assert message.open == 1
    assert kinds(first.closing()) == ["response.output_text.done", "response.content_part.done"]
    parts = message.item["content"]
    assert (parts[0]["text"], parts[0]["annotations"][0]["end_index"], parts[1]["refusal"]) == ("yes", 3, "no")
    assert kinds(message.closing()) == ["response.output_item.done"]
    assert kinds(message.opening())[0].endswith("added")


def test_a_call_has_its_name_from_the_start() -> None:
    """A free-form one of chat has an input in place of arguments."""
    slot = CallSlot(0, ToolCall("c", "f", ""), MAKER)
    assert slot.opening()[0][1]["item"]["name"] == "f"
    slot.add("{}")
    assert kinds(slot.closing()) == ["response.function_call_arguments.done", "response.output_item.done"]
    custom = CallSlot(1, ToolCall("c", "p", "", "custom"), MAKER)
    custom.add("text")
    assert custom.piece is not None
    assert custom.piece[0] == "response.custom_tool_call_input.delta"
    assert (kinds(custom.closing())[0], custom.item["input"]) == ("response.custom_tool_call_input.done", "text")


def test_a_thought_is_a_summary_with_a_sealed_proof() -> None:
    """One without a text has no part."""
    slot = ThoughtSlot(0, Thinking(""), MAKER)
    assert kinds(slot.closing()) == ["response.output_item.done"]
    assert kinds(slot.before_text()) == ["response.reasoning_summary_part.added"]
    assert slot.before_text() == []
    slot.add("T")
    assert slot.prove(PROOF)
    assert len(slot.closing()) == 3
    assert unseal_proof(slot.item["encrypted_content"]) == PROOF
