"""Unknown keys, and marks on how known ones were spelled."""

from limen.dialects.extra import Extra, adopt, extra_of, marks_of, merge
from limen.model.content import NOTHING


def test_extras_go_back_to_their_place() -> None:
    """Inside nested objects too; what the hub says wins."""
    built = {"a": 1, "function": {"name": "f"}}
    assert merge(built, {"a": 2, "b": None, "function": {"x": 1, "name": "g"}}) == {
        "a": 1,
        "b": None,
        "function": {"name": "f", "x": 1},
    }


def test_a_key_that_was_left_out_stays_out() -> None:
    """A mark takes out what the hub had to make up; an explicit null goes in its place."""
    assert merge({"id": "", "type": "function"}, Extra({"id": None}, ("-id", "-type"))) == {"id": None}


def test_no_key_of_a_client_is_a_mark() -> None:
    """Marks are beside the keys: a key that looks like one is an ordinary key."""
    assert merge({"model": "m"}, {"-model": 1, "marks": ["-model"]}) == {"model": "m", "-model": 1, "marks": ["-model"]}
    assert marks_of({"-model": 1}) == frozenset()


def test_nothing_to_keep_costs_nothing() -> None:
    """The usual case shares one empty mapping."""
    assert extra_of({}) is NOTHING
    assert marks_of(extra_of({}, "bare")) == {"bare"}


def test_keys_that_mean_the_same_here_are_taken() -> None:
    """What is left is another wire's alone."""
    built: dict[str, object] = {"a": 1}
    assert adopt(built, {"a": 2, "b": 3, "c": None, "d": 4}, ("a", "b", "c")) == {"a": 2, "c": None, "d": 4}
    assert built == {"a": 1, "b": 3}
    extra = {"d": 4}
    assert adopt(built, extra, ("x",)) is extra
