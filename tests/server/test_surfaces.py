"""The data plane's doors."""

from limen.config.load import build
from limen.model.operation import Operation
from limen.provider_registry import default_registry
from limen.server.surfaces import doors

CONFIG = """
endpoints:
  - {name: a.b-c, endpoint_type: llm/v1/embeddings, model: {name: m, provider: demo}}
  - {name: d, endpoint_type: llm/v1/chat, model: {name: m, provider: demo}}
routes:
  - {name: r r/x, task_type: llm/v1/chat, destinations: [{name: d, traffic_percentage: 100}]}
"""


def test_every_name_has_its_doors_and_the_surfaces_theirs() -> None:
    """Endpoints and routes are reached by both of MLflow's paths, whatever their names; OpenAI's by `model`."""
    snapshot = build(CONFIG, source=None, environ={}, registry=default_registry(), transport=None)
    found = doors(snapshot)
    assert {path for path, door in found.items() if door.name is None} == {
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
    }
    for name in ("a.b-c", "d", "r r/x"):
        for prefix in ("gateway", "endpoints"):
            door = found[f"/{prefix}/{name}/invocations"]
            assert (door.name, door.operation) == (name, None)
    assert found["/v1/embeddings"].operation is Operation.EMBEDDINGS
