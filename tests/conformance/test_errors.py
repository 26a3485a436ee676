"""Every recorded error is of the kind that its status and words tell, and is told in every dialect in that dialect's shape."""

from __future__ import annotations

import json
import re

import pytest

from conformance.exchanges import Recording, dialects, names, of
from limen.errors import FaultKind

DIALECTS = {each.wire: each for each in dialects()}

BY_STATUS = {
    400: FaultKind.CLIENT,
    401: FaultKind.CREDENTIALS,
    403: FaultKind.CREDENTIALS,
    404: FaultKind.CLIENT,
    405: FaultKind.CLIENT,
    413: FaultKind.CLIENT,
    422: FaultKind.CLIENT,
    424: FaultKind.OVERLOADED,
    429: FaultKind.RATE_LIMITED,
    500: FaultKind.OVERLOADED,
    503: FaultKind.OVERLOADED,
}
"""What a status says where the words say no more."""
BY_WORDS = (
    (
        400,
        "prompt is too long|total length of all messages|maximum context length|max context length",
        FaultKind.CONTEXT_TOO_LONG,
    ),
    (400, "exceeds the context window|input token count .* exceeds|[Ii]nput is too long", FaultKind.CONTEXT_TOO_LONG),
    (400, "API key not valid|Incorrect API key", FaultKind.CREDENTIALS),
)
"""What the words say, read by a person in each recording, where it is not what the status says."""

SHAPES = {
    "anthropic": lambda told: told["type"] == "error" and told["error"]["type"] and told["error"]["message"],
    "openai_chat": lambda told: told["error"]["message"] and told["error"].keys() & {"type", "code"},
    "openai_responses": lambda told: told["error"]["message"] and told["error"].keys() & {"type", "code"},
    "gemini": lambda told: (
        told["error"]["message"] and told["error"]["status"] and isinstance(told["error"]["code"], int)
    ),
    "bedrock_converse": lambda told: told["message"],
    "cohere": lambda told: told["message"],
    "ollama_chat": lambda told: isinstance(told["error"], str) and told["error"],
    "ollama_generate": lambda told: isinstance(told["error"], str) and told["error"],
}
"""What a body must have for the SDK of each dialect to tell what went wrong."""


def expected(recording: Recording) -> FaultKind:
    """The kind that a recorded error is of."""
    for status, words, kind in BY_WORDS:
        if recording.status == status and re.search(words, recording.body.decode()):
            return kind
    return BY_STATUS[recording.status]


@pytest.mark.parametrize("name", names())
def test_every_recorded_error_is_of_its_kind(name: str) -> None:
    """By status, and by words where they tell more."""
    dialect = DIALECTS[name]
    wrong = {}
    for each in of(dialect, "error"):
        found = dialect.parse_error(each.status, each.headers, each.body)
        if found.kind is not expected(each) or found.status != each.status or not found.message:
            wrong[each.id] = f"{each.status} {found.kind}: {found.message}"
    assert wrong == {}


@pytest.mark.parametrize("target", names())
@pytest.mark.parametrize("source", names())
def test_every_recorded_error_is_told_in_every_dialect(source: str, target: str) -> None:
    """In the shape that its own clients read, with the provider's words."""
    for each in of(DIALECTS[source], "error"):
        fault = DIALECTS[source].parse_error(each.status, each.headers, each.body)
        told = json.loads(DIALECTS[target].render_error(fault))
        assert SHAPES[target](told), (each.id, told)
        if source != target:
            assert fault.message in json.dumps(told, ensure_ascii=False).replace('\\"', '"').replace("\\n", "\n"), (
                each.id
            )
