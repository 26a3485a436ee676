"""A secret is hard to show by accident."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import pytest
from pydantic import BaseModel, ValidationError

from limen.model.secret import MASK, Secret

TEXT = "sk-very-secret"


class Block(BaseModel):
    key: Secret
    other: Secret | None = None


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{:>40}".format,
        "{!r}".format,
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  the old way of formatting is one way more
        lambda secret: f"{secret}{[secret]}{ {'key': secret} }",
        lambda secret: json.dumps({"key": secret}, default=str),
        lambda secret: repr(Block(key=secret)),
        lambda secret: Block(key=secret).model_dump_json(),
        lambda secret: str(Block(key=secret).model_dump()),
        lambda secret: str(ValueError(secret)),
        lambda secret: logging.LogRecord("x", 1, "x", 1, "key %s", (secret,), None).getMessage(),
    ],
)
def test_it_shows_a_mask(show) -> None:
    """No usual way of turning a value into text shows it."""
    shown = show(Secret(TEXT))
    assert TEXT not in shown
    assert MASK in shown


def test_only_reveal_gives_it_back() -> None:
    """`reveal` is the one way to the text, and easy to search for."""
    assert Secret(TEXT).reveal() == TEXT


def test_it_refuses_to_be_pickled() -> None:
    """A pickle would hold the text in the open, so there is none."""
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(Secret(TEXT))
    with pytest.raises(TypeError):
        json.dumps(Secret(TEXT))


def test_it_is_a_value() -> None:
    """Secrets with one text are one value; a text is never equal to a secret; copies are the thing itself."""
    secret = Secret(TEXT)
    assert secret == Secret(TEXT)
    assert hash(secret) == hash(Secret(TEXT))
    assert secret != Secret("other")
    assert secret != TEXT
    assert copy.deepcopy(secret) is copy.copy(secret) is secret
    assert bool(secret)
    assert not Secret("")


def test_a_model_takes_texts_and_secrets() -> None:
    """A field of a `config:` block accepts what a file holds, and what was resolved already."""
    assert Block(key=TEXT).key == Block.model_validate({"key": Secret(TEXT)}).key == Secret(TEXT)
    assert Block.model_validate_json('{"key": "a", "other": null}') == Block(key=Secret("a"))


@pytest.mark.parametrize("wrong", [3, None, ["a"], b"a"])
def test_a_model_refuses_anything_else(wrong: object) -> None:
    """A number or a list is no secret, and one error says so."""
    with pytest.raises(ValidationError) as caught:
        Block(key=wrong)
    assert [error["type"] for error in caught.value.errors()] == ["secret_type"]


def test_the_json_schema_says_write_only() -> None:
    """Editors and forms know that the text is not to be shown."""
    assert Block.model_json_schema()["properties"]["key"] == {"title": "Key", "type": "string", "writeOnly": True}
