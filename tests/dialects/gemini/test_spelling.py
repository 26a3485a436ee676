"""Keys in both spellings, and the way back."""

from gemini_wire import rendering
from limen.dialects.extra import marks_of
from limen.dialects.gemini.spelling import Kept, camel, keep, original_of, respell, spell_back, take_list, take_text


def test_every_spelling_has_one_name() -> None:
    """Words are joined; what leads is left out."""
    assert [camel(key) for key in ("top_k", "topK", "_responseJsonSchema", "type_", "x")] == [
        "topK",
        "topK",
        "responseJsonSchema",
        "type",
        "x",
    ]


def test_known_keys_are_respelled_and_spelled_back() -> None:
    """Unknown ones stay; one that is there in both spellings is not overwritten."""
    value = {"top_k": 1, "other_key": 2, "top_p": 3, "topP": 4}
    marks = respell(value, frozenset({"topK", "topP"}))
    assert value == {"topK": 1, "other_key": 2, "top_p": 3, "topP": 4}
    assert spell_back(value, Kept({}, marks)) == {"top_k": 1, "other_key": 2, "top_p": 3, "topP": 4}


def test_one_object_counts_as_a_list_of_one() -> None:
    """And is one object again."""
    marks: list[str] = []
    value = {"parts": {"text": "a"}, "tools": [], "odd": 1}
    assert take_list(value, "parts", marks) == [{"text": "a"}]
    assert (take_list(value, "tools", marks), take_list(value, "odd", marks), value) == ([], None, {"odd": 1})
    assert spell_back({"parts": [{"text": "a"}]}, Kept({}, marks)) == {"parts": {"text": "a"}}


def test_what_was_written_wins_at_home_alone() -> None:
    """`original` is how a value was written; another dialect's rendering does not see it."""
    kept = Kept({"x": 1}, ("_top_k",), {"topK": 2.0})
    assert keep({"topK": 2}, kept, rendering("gemini"), "") == {"top_k": 2.0, "x": 1}
    abroad = rendering()
    assert keep({"topK": 2}, kept, abroad, "at") == {"topK": 2}
    assert list(abroad.losses) == ["at.x"]
    assert (original_of({}), marks_of(kept)) == ({}, frozenset({"_top_k"}))


def test_only_a_string_is_taken_as_text() -> None:
    """Anything else stays."""
    value = {"a": "b", "c": 1}
    assert (take_text(value, "a"), take_text(value, "c"), value) == ("b", None, {"c": 1})
