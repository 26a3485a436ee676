"""Errors in the shapes of MLflow's gateway: ``{"detail": …}``.

`detail` is the provider's message; all of its body where that has no `error`; an object with a message where it was plain
text; a list that names each place where a body is not acceptable; and else limen's own message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.openai.errors import is_page
from limen.errors import BadRequest, LimenError, LimitExceeded, ProviderReply, Unprocessable

_STEP = re.compile(r"[^.\[\]]+")


@contextmanager
def unprocessable() -> Iterator[None]:
    """Turn a BadRequest into the 422 that MLflow answers to any body it can't take."""
    try:
        yield
    except BadRequest as error:
        raise Unprocessable(error.message, param=error.param, code=error.code) from None


def render_error(error: LimenError) -> bytes:
    """The body that tells a client of MLflow about `error`."""
    if isinstance(error, ProviderReply):
        return encode({"detail": _told(error)})
    if isinstance(error, LimitExceeded):
        # MLflow's limiter has a shape of its own; `detail` is there too, so that one key works for every error.
        return encode({"error": error.message, "detail": error.message})
    if isinstance(error, Unprocessable) and error.param is not None:
        return encode({"detail": [{"type": error.code, "loc": _place(error.param), "msg": error.message}]})
    return encode({"detail": error.message})


def _told(error: ProviderReply) -> Any:
    if not error.body or is_page(error.headers, error.body):
        return error.message
    try:
        value = decode(error.body)
    except NotJson:
        return {"message": error.message}
    return value if isinstance(value, dict) and "error" not in value else error.message


def _place(param: str) -> list[str | int]:
    """``messages[0].role`` as FastAPI writes places: ``["body", "messages", 0, "role"]``."""
    steps: list[str] = _STEP.findall(param)
    return ["body", *(int(step) if step.isdecimal() else step for step in steps)]
