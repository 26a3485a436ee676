"""Keys that nobody reads are found at every level."""

from __future__ import annotations

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from limen.config.unknown_keys import unknown_keys


class Left(BaseModel):
    a: int


class Right(BaseModel):
    b: int


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Top(BaseModel):
    one: Left
    optional: Left | None = None
    either: Left | Right | None = None
    many: list[Left] | None = None
    named: dict[str, Right] = {}
    anything: dict[str, object] = {}
    open: Open | None = None
    renamed: int = Field(default=0, alias="as_written")
    twofold: int = Field(default=0, validation_alias=AliasChoices("this", "that"))


def names(data: object) -> list[tuple[object, ...]]:
    return [path for path, _ in unknown_keys((Top,), data)]


def test_known_keys_are_silent() -> None:
    """Everything that a model reads, by the name that it is written with."""
    inner = {"a": 1}
    data = {"one": inner, "optional": None, "either": {"b": 1}, "many": [inner], "named": {"x": {"b": 1}}}
    assert names({**data, "anything": {"z": {"q": 1}}, "open": {"z": 1}, "as_written": 1, "this": 1, "that": 1}) == []


def test_unknown_keys_are_found_at_every_level() -> None:
    """At the top, in a block, in an optional one, in one of several, in a list and in a mapping of names."""
    wrong = {"a": 1, "x": 1}
    data = {
        "one": wrong,
        "optional": wrong,
        "either": wrong,
        "many": [wrong, wrong],
        "named": {"k": {"x": 1}},
        "top": 1,
    }
    assert names(data) == [
        ("one", "x"),
        ("optional", "x"),
        ("either", "x"),
        ("many", 0, "x"),
        ("many", 1, "x"),
        ("named", "k", "x"),
        ("top",),
    ]


def test_the_known_keys_come_along() -> None:
    """So that the nearest can be named: of all models that the block may be."""
    (found,) = unknown_keys((Top,), {"either": {"x": 1}})
    assert found == (("either", "x"), ["a", "b"])
    assert names({"renamed": 1}) == [("renamed",)]


def test_data_of_another_shape_are_left_to_validation() -> None:
    """A list in the place of a mapping has no keys."""
    assert names([1]) == names({"one": 1, "many": {"a": 1}, "named": []}) == []
