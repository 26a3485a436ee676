"""Which path speaks which dialect."""

from __future__ import annotations

import pytest

from limen.server.surfaces import FIXED, errors_at


def test_errors_near_a_surface_are_in_its_shape() -> None:
    """Of every fixed path, errors are told in the family of the dialect that it speaks."""
    for path, surface in FIXED.items():
        near = errors_at(path)
        assert near is not None
        assert near.name.partition("_")[0] == surface.dialect.name.partition("_")[0] or path == "/v1/rerank"


@pytest.mark.parametrize("path", ["/", "/health", "/api/2.0/endpoints/", "/gateway/x/invocations", "/metrics"])
def test_elsewhere_no_dialect_is_near(path: str) -> None:
    """MLflow's own API and the gateway's keep FastAPI's shape."""
    assert errors_at(path) is None
