"""Ids for calls that have none."""

from limen.dialects.gemini.call_ids import Pairing, answer_id, is_made, names_of_calls
from limen.model.content import Text, ToolCall
from limen.model.request import Message


def test_results_pair_with_calls_by_name_and_order() -> None:
    """Two calls of one function get their results in the order of the calls."""
    pairing = Pairing()
    calls = [pairing.call(None, name) for name in ("f", "g", "f")]
    assert len(set(calls)) == 3
    assert [pairing.result(None, name) for name in ("f", "f", "g")] == [calls[0], calls[2], calls[1]]


def test_given_ids_are_kept() -> None:
    """A result without one is paired with a call that has one; a result of no call gets an id of its own."""
    pairing = Pairing()
    assert pairing.call("x", "f") == "x"
    assert pairing.result(None, "f") == "x"
    assert pairing.result("y", "f") == "y"
    assert is_made(pairing.result(None, "h"))


def test_the_ids_of_an_answer_differ_by_place_and_by_answer() -> None:
    """And are the same each time."""
    assert len({answer_id("r", 0), answer_id("r", 1), answer_id("s", 0)}) == 3
    assert answer_id("r", 0) == answer_id("r", 0)
    assert is_made(answer_id("r", 0))
    assert len(answer_id("r", 10)) <= 40


def test_the_name_of_a_result_is_its_calls() -> None:
    """Only the model's turns have calls."""
    messages = (Message("assistant", (ToolCall("a", "f", "{}"), Text("x"))), Message("user", (Text("y"),)))
    assert names_of_calls(messages) == {"a": "f"}
