"""The deadlines of an endpoint: its own, over those of the file, over those of the environment, over limen's."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from limen.config.duration import parse_duration
from limen.config.problems import Mistake
from limen.config.schema import TimeoutsPart
from limen.model.http import Timeouts

ROUTE_TIMEOUT = "MLFLOW_GATEWAY_ROUTE_TIMEOUT_SECONDS"


def overlaid(base: Timeouts, part: TimeoutsPart | None) -> Timeouts:
    """`base`, with what `part` says in its place; a null in the file switches a deadline off."""
    if part is None:
        return base
    return msgspec.structs.replace(base, **{name: getattr(part, name) for name in part.model_fields_set})


def environment_timeouts(environ: Mapping[str, str]) -> Timeouts:
    """The deadlines of a file that sets none: MLflow's variable, where it is set, bounds the whole call. Raises Mistake."""
    text = environ.get(ROUTE_TIMEOUT, "").strip()
    if not text:
        return Timeouts()
    try:
        seconds = parse_duration(text)
    except Mistake:
        seconds = 0.0
    if not seconds:
        raise Mistake("this is not a number of seconds", "set it to a number such as 300, or unset it")
    return Timeouts(first_byte=seconds, total=seconds)
