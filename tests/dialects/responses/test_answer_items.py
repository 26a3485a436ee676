"""The items of another dialect's answer."""

from limen.dialects.responses.answer_items import AnswerItems, answer_id
from limen.dialects.responses.client_tools import ClientTools
from limen.dialects.seal import NO_PROOF, open_id, unseal_proof
from limen.model.content import Proof, ToolCall

PROOF = Proof("gemini", "sig")


def test_ids_are_made_of_the_answers_own() -> None:
    """Always the same, and never longer than OpenAI takes back."""
    assert [answer_id(name) for name in ("resp_1", "chatcmpl-1", "", "x")] == [
        "resp_1",
        "resp_1",
        "resp_limen",
        "resp_x",
    ]
    maker = AnswerItems("msg_" + "x" * 100, ClientTools([]))
    assert maker.name("msg", 3) == maker.name("msg", 3)
    assert len(maker.name("msg", 3)) <= 64


def test_proofs_travel_sealed() -> None:
    """A thought's where OpenAI's own would be, a call's in its id."""
    maker = AnswerItems("1", ClientTools([]))
    item = maker.reasoning(0, "T", PROOF, "completed")
    assert (unseal_proof(item["encrypted_content"]), item["summary"][0]["text"], item["status"]) == (
        PROOF,
        "T",
        "completed",
    )
    bare = maker.reasoning(0, "", None)
    assert unseal_proof(bare.pop("encrypted_content")) == NO_PROOF
    assert bare == {"id": "rs_1_0", "type": "reasoning", "summary": []}
    found = maker.call(1, ToolCall("c", "f", "", proof=PROOF), "{}")
    assert (open_id(found["call_id"]).proof, open_id(found["call_id"]).id, found["id"]) == (PROOF, "c", "fc_1_1")


def test_a_free_form_call_of_chat_stays_one() -> None:
    """It has no arguments but one text."""
    found = AnswerItems("1", ClientTools([])).call(0, ToolCall("c", "p", "", "custom"), "text")
    assert (found["type"], found["input"], found["id"]) == ("custom_tool_call", "text", "ctc_1_0")
