"""Errors in MLflow's shapes."""

import json
from typing import Any

import pytest

from limen.dialects.mlflow.errors import render_error, unprocessable
from limen.dialects.openai.errors import parse_error
from limen.errors import (
    BadRequest,
    LimenError,
    LimitExceeded,
    NotSupported,
    TimeoutFault,
    TransportFault,
    Unprocessable,
)


def detail(error: LimenError) -> Any:
    return json.loads(render_error(error))["detail"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error":{"message":"Slow down","code":"x"}}', "Slow down"),
        (b'{"error":"No such model"}', "No such model"),
        (b'{"message":"m","type":"t"}', {"message": "m", "type": "t"}),
        (b'{"detail":"m"}', {"detail": "m"}),
        (b"plain err", {"message": "plain err"}),
        (b"", "the provider answered 400 without a word of explanation"),
    ],
)
def test_a_providers_error_is_told_by_its_shape(body: bytes, told: Any) -> None:
    """The message of an `error`, all of another object, plain text in an object."""
    assert detail(parse_error(400, (), body)) == told


def test_a_web_page_is_not_quoted() -> None:
    """Limen says what happened instead."""
    assert "web page" in detail(parse_error(502, [(b"content-type", b"text/html")], b"<h1>x</h1>"))


@pytest.mark.parametrize(
    "error",
    [TransportFault("m"), TimeoutFault("m", phase="idle"), NotSupported("m"), BadRequest("m"), Unprocessable("m")],
)
def test_own_errors_are_a_message(error: LimenError) -> None:
    """Under `detail`, as everything here."""
    assert detail(error) == "m"


def test_a_wrong_body_names_its_place() -> None:
    """In FastAPI's list of places, which MLflow's clients know."""
    error = Unprocessable("bad", param="messages[0].content[1].type", code="missing")
    assert detail(error) == [{"type": "missing", "loc": ["body", "messages", 0, "content", 1, "type"], "msg": "bad"}]


def test_a_limit_has_the_shape_of_mlflows_limiter() -> None:
    """And `detail` as well."""
    assert json.loads(render_error(LimitExceeded("2 per minute", retry_after=3))) == {
        "error": "2 per minute",
        "detail": "2 per minute",
    }


def test_a_bad_request_becomes_unprocessable() -> None:
    """MLflow answers 422 to every body that it can't take; other errors stay what they are."""
    with pytest.raises(Unprocessable) as told, unprocessable():
        raise BadRequest("m", param="p", code="c")
    assert (told.value.status, told.value.message, told.value.param, told.value.code) == (422, "m", "p", "c")
    with pytest.raises(NotSupported), unprocessable():
        raise NotSupported("m")
