"""Whose deadlines count."""

from __future__ import annotations

import pytest

from checking import built, demo, only
from limen.config.problems import Mistake
from limen.config.schema import TimeoutsPart
from limen.config.timeouts import environment_timeouts, overlaid
from limen.model.http import Timeouts


def test_the_nearer_word_counts() -> None:
    """The endpoint's over the file's over limen's, each deadline by itself; null switches one off."""
    snapshot = built(
        f"endpoints:\n{demo('a', 'timeouts: {idle: 5, first_byte: }')}{demo('b')}timeouts: {{idle: 1m, connect: 500ms}}"
    )
    assert snapshot.endpoints["a"].timeouts == Timeouts(connect=0.5, first_byte=None, idle=5)
    assert snapshot.endpoints["b"].timeouts == Timeouts(connect=0.5, idle=60)
    assert snapshot.endpoints["a"].provider.settings.timeouts == snapshot.endpoints["a"].timeouts


def test_nothing_said_is_nothing_changed() -> None:
    """A part that is not there, or empty, leaves all five."""
    assert overlaid(Timeouts(total=3), None) == Timeouts(total=3)
    assert overlaid(Timeouts(total=3), TimeoutsPart()) == Timeouts(total=3)


def test_mlflows_variable_bounds_the_whole_call() -> None:
    """It is the ground on which the file's deadlines stand."""
    environ = {"MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS": "600"}
    assert environment_timeouts(environ) == Timeouts(first_byte=600, total=600)
    assert environment_timeouts({}) == environment_timeouts({"MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS": " "}) == Timeouts()
    snapshot = built(f"endpoints:\n{demo()}timeouts: {{total: }}", environ=environ)
    assert snapshot.endpoints["chat"].timeouts == Timeouts(first_byte=600, total=None)


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan"])
def test_a_wrong_variable_is_named(text: str) -> None:
    """It is no fault of the file, and stops the start all the same."""
    environ = {"MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS": text}
    with pytest.raises(Mistake):
        environment_timeouts(environ)
    problem = only(f"endpoints:\n{demo()}", environ=environ)
    assert (problem.path, problem.line) == ("MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS", None)
