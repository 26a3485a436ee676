"""The data plane's doors."""

import pytest

from limen.config.load import build
from limen.model.operation import Operation
from limen.provider_registry import default_registry
from limen.server.doors import MOST_KEPT, Doors
from limen.server.surfaces import FIXED

CONFIG = """
endpoints:
  - {name: a.b-c, endpoint_type: llm/v1/embeddings, model: {name: m, provider: demo}}
  - {name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}
routes:
  - {name: r r/x, task_type: llm/v1/chat, destinations: [{name: d, traffic_percentage: 100}]}
"""


SNAPSHOT = build(CONFIG, source=None, environ={}, registry=default_registry(), transport=None)


def test_every_name_has_its_doors_and_the_surfaces_theirs() -> None:
    """Endpoints and routes are reached by MLflow's paths, whatever their names; the others by `model`."""
    found = Doors(SNAPSHOT)
    doors = {path: found.find(path) for path in found.paths()}
    assert {path for path, door in doors.items() if door is not None and door.name is None} == set(FIXED)
    for name in ("a.b-c", "d", "r r/x"):
        for path in (
            f"/gateway/{name}/invocations",
            f"/endpoints/{name}/invocations",
            f"/gateway/{name}/mlflow/invocations",
        ):
            door = doors[path]
            assert door is not None
            assert (door.name, door.operation) == (name, None)


@pytest.mark.parametrize(
    "path",
    [
        "/chat/completions",
        "/v1/v1/chat/completions",
        "/gateway/openai/v1/chat/completions",
        "/gateway/mlflow/v1/chat/completions",
    ],
)
def test_other_base_urls_lead_to_the_same_place(path: str) -> None:
    """With ``/v1`` or without, or below one of MLflow's prefixes."""
    door = Doors(SNAPSHOT).find(path)
    assert door is not None
    assert (door.operation, door.name) == (Operation.CHAT, None)


def test_the_model_may_be_in_the_path() -> None:
    """As Azure's clients put it there, slashes and all; the same door is found again."""
    doors = Doors(SNAPSHOT)
    door = doors.find("/openai/deployments/groq/llama:8b/chat/completions")
    assert door is not None
    assert (door.operation, door.name) == (Operation.CHAT, "groq/llama:8b")
    assert doors.find("/openai/deployments/groq/llama:8b/chat/completions") is door


@pytest.mark.parametrize(
    "path", ["/", "/health", "/v1/models", "/openai/deployments/d/nothing", "/gateway/x/invocations", "/v1"]
)
def test_what_is_no_door(path: str) -> None:
    """Everything else is for the rest of the application."""
    assert Doors(SNAPSHOT).find(path) is None


def test_strange_paths_do_not_fill_the_memory() -> None:
    """A client that makes names up is served, but not remembered for ever."""
    doors = Doors(SNAPSHOT)
    before = len(list(doors.paths()))
    for number in range(MOST_KEPT + 10):
        assert doors.find(f"/openai/deployments/{number}/completions")
    assert len(list(doors.paths())) == before + MOST_KEPT
