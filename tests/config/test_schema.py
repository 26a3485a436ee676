"""The shape of the file, piece by piece."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from checking import built, demo, errors, found, only
from limen.config import schema
from limen.config.schema import ConfigFile, nearest


@pytest.mark.parametrize("name", ["a", "gpt-4o_mini.v1", "0", "-", "."])
def test_names_of_letters_digits_and_three_signs(name: str) -> None:
    """All that a URL takes without escaping."""
    assert errors(f"endpoints:\n{demo(repr(name))}") == []


@pytest.mark.parametrize("name", ["a b", "a/b", "é", "", "a\\n", "a?"])
def test_other_names_are_refused(name: str) -> None:
    """The whole name counts, a line break at its end too."""
    (error,) = errors(f"endpoints:\n{demo(chr(34) + name + chr(34))}")
    assert "disallowed characters for a url endpoint" in error
    assert "use letters, digits" in error


def test_the_three_types_of_endpoints() -> None:
    """Each of MLflow's is taken; another is refused with the nearest."""
    for kind in ("llm/v1/chat", "llm/v1/completions", "llm/v1/embeddings"):
        assert errors(f"endpoints:\n{demo(kind=kind)}") == []
    problem = only(f"endpoints:\n{demo(kind='llm/v1/chats')}")
    assert (problem.path, problem.hint) == ("endpoints[0].endpoint_type", "did you mean `llm/v1/chat`?")
    assert "'llm/v1/chats' is not supported" in problem.message


def test_a_limit_of_no_calls_is_a_limit() -> None:
    """MLflow takes 0, and so it means that nothing passes."""
    snapshot = built(f"endpoints:\n{demo(rest='limit: {calls: 0, renewal_period: 2 hours, key: k}')}")
    limit = snapshot.endpoints["chat"].limit
    assert limit is not None
    assert (limit.calls, limit.seconds, limit.renewal_period, limit.key) == (0, 7200, "2 hours", "k")


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        ("[{calls: 1, renewal_period: minute}]", "must be a mapping, and is a list; take out the dash"),
        ("{calls: -1, renewal_period: minute}", "`endpoints[0].limit.calls`: this must be 0 or more"),
        ("{calls: many, renewal_period: minute}", "`endpoints[0].limit.calls`: this must be a whole number"),
        ("{calls: 1.5, renewal_period: minute}", "`endpoints[0].limit.calls`: this must be a whole number"),
        ("{calls: 1, renewal_period: eon}", "Failed to parse the rate limit configuration"),
        ("{calls: 1, renewal_period: minute;5/hour}", "Failed to parse the rate limit configuration"),
        ("{calls: 1}", "`endpoints[0].limit.renewal_period`: this key is missing"),
        ("10", "must be a mapping, and is a number"),
    ],
)
def test_a_wrong_limit_says_what_is_wrong(limit: str, said: str) -> None:
    """Never pydantic's or `limits`' own words."""
    (error,) = errors(f"endpoints:\n{demo(rest=f'limit: {limit}')}")
    assert said in error


def test_values_that_yaml_takes_for_something_else() -> None:
    """A version that YAML reads as a number or a date asks for quotes."""
    text = "endpoints:\n  - {name: 1, endpoint_type: llm/v1/chat, model: {provider: demo, name: 2024-06-01}}"
    assert errors(text) == [
        "line 2: `endpoints[0].name`: this must be a text, and YAML reads it as a number; put quotes round it",
        "line 2: `endpoints[0].model.name`: this must be a text, and YAML reads it as a date; put quotes round it",
    ]


def test_the_servers_settings_have_bounds() -> None:
    """Each is checked, and all are found at once."""
    found_errors = errors(
        f"endpoints:\n{demo()}server: {{max_body_bytes: 0, page_size: x, drain_seconds: -1, keepalive_comment_seconds: 0}}"
    )
    assert [re.search(r"`(.*?)`", error)[1] for error in found_errors] == [
        "server.max_body_bytes",
        "server.page_size",
        "server.drain_seconds",
        "server.keepalive_comment_seconds",
    ]


def test_the_servers_settings_reach_the_snapshot() -> None:
    """Sizes, spans with units, and null for none; what is left out keeps its default."""
    snapshot = built(
        f"endpoints:\n{demo()}server: {{max_body_bytes: 10, drain_seconds: 2m, keepalive_comment_seconds: }}"
    )
    server = snapshot.server
    assert (server.max_body_bytes, server.drain_seconds, server.keepalive_comment_seconds) == (10, 120, None)
    assert server.page_size == 3000


def test_a_client_key_needs_its_certificate() -> None:
    """A key alone identifies nobody."""
    (error,) = errors(f"endpoints:\n{demo()}tls: {{profiles: {{corp: {{client_key_file: k.pem}}}}}}")
    assert "`tls.profiles.corp.client_key_file`: a client's key needs its certificate" in error


def test_empty_parts_are_no_parts() -> None:
    """A key with nothing after it is the same as no key, for everything optional."""
    assert (
        found(f"endpoints:\n{demo(rest='limit: , timeouts: , tls: ')}routes:\ntimeouts:\ntls:\nserver:\nproviders:\n")
        == []
    )


def test_every_key_is_described() -> None:
    """What `limen schema` gives to editors has a sentence for each key."""
    parts = [part for part in vars(schema).values() if isinstance(part, type) and issubclass(part, BaseModel)]
    silent = [
        f"{part.__name__}.{name}"
        for part in parts
        for name, field in part.model_fields.items()
        if not (field.description or part.__name__ == "Part")
    ]
    assert ConfigFile in parts
    assert silent == []


def test_the_nearest_name_or_all_of_them() -> None:
    """A typing mistake gets one suggestion; anything else gets the list."""
    assert nearest("endpoint", ["endpoints", "routes"]) == "did you mean `endpoints`?"
    assert nearest("zzz", ["endpoints", "routes"]) == "write one of `endpoints`, `routes`"
    assert nearest("zzz", []) == ""
