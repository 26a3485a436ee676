"""Routes over endpoints."""

from __future__ import annotations

import pytest

from checking import built, demo, errors, only

ENDPOINTS = f"endpoints:\n{demo('a')}{demo('b')}{demo('e', kind='llm/v1/embeddings')}routes:\n"


def route(destinations: str, rest: str = "task_type: llm/v1/chat") -> str:
    return f"{ENDPOINTS}  - {{name: r, {rest}, destinations: [{destinations}]}}"


def test_a_route_shares_out_traffic() -> None:
    """Its destinations are the very endpoints, with their shares; one of 0 may be there."""
    snapshot = built(
        route("{name: a, traffic_percentage: 70}, {name: b, traffic_percentage: 30}, {name: a, traffic_percentage: 0}")
    )
    found = snapshot.routes["r"]
    assert [(each.endpoint.name, each.weight) for each in found.destinations] == [("a", 70), ("b", 30), ("a", 0)]
    assert found.destinations[0].endpoint is snapshot.endpoints["a"]
    assert (found.task_type, found.operation, found.routing_strategy) == ("llm/v1/chat", "chat", "TRAFFIC_SPLIT")


def test_names_of_routes_are_free() -> None:
    """MLflow does not check them, and files rely on that."""
    text = f"{ENDPOINTS}  - {{name: 'r r/x', task_type: llm/v1/chat, destinations: [{{name: a, traffic_percentage: 100}}]}}"
    assert list(built(text).routes) == ["r r/x"]


@pytest.mark.parametrize(
    ("destinations", "said"),
    [
        ("{name: a, traffic_percentage: 99}", "the traffic percentage sum of destinations must be 100, but it is 99"),
        ("", "the traffic percentage sum of destinations must be 100, but it is 0"),
        ("{name: a}", "`routes[0].destinations[0].traffic_percentage`: this key is missing"),
        ("{name: a, traffic_percentage: 101}", "this must be 100 or less"),
        ("{name: a, traffic_percentage: -1}", "this must be 0 or more"),
        ("{name: aa, traffic_percentage: 100}", "but the route 'r' has an invalid destination name 'aa'"),
        (
            "{name: e, traffic_percentage: 100}",
            "must have endpoint type 'llm/v1/chat' but got endpoint type 'llm/v1/embeddings'",
        ),
        ("a", "`routes[0].destinations[0]`: this must be a mapping"),
    ],
)
def test_a_wrong_destination_says_what_is_wrong(destinations: str, said: str) -> None:
    """Each in one error, with MLflow's words where it has any."""
    (error,) = errors(route(destinations))
    assert said in error
    assert error.startswith("line 6: ")


def test_everything_wrong_with_one_route_is_found_at_once() -> None:
    """A wrong strategy or a missing share does not hide an unknown endpoint."""
    said = errors(route("{name: zz}, {name: e}", "routing_strategy: ROUND_ROBIN, task_type: llm/v1/chat"))
    assert len(said) == 5
    assert any("'ROUND_ROBIN' is not supported; write TRAFFIC_SPLIT" in line for line in said)


def test_an_endpoint_that_is_wrong_is_not_held_against_its_routes() -> None:
    """The one mistake is told once, where it is."""
    text = route("{name: a, traffic_percentage: 100}").replace("provider: demo", "provider: demoo", 1)
    assert only(text).path == "endpoints[0].model.provider"


def test_a_route_is_no_destination() -> None:
    """As in MLflow only endpoints are."""
    (error,) = errors(route("{name: r, traffic_percentage: 100}"))
    assert "The route destination name must be a endpoint name" in error
