"""The shape of the configuration file: MLflow's keys, and limen's own, which are all optional.

Descriptions feed `limen schema`. A provider's `config:` block is the provider's business, and a plain mapping here. What
depends on two places of the file (names, destinations) is checked by those who load it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from limen.config.duration import Duration, DurationOrZero
from limen.config.limit_period import parse_period
from limen.config.problems import Mistake
from limen.config.snapshot import OnLoss, ServerSettings
from limen.model.operation import ENDPOINT_TYPES

NAME = re.compile(r"[A-Za-z0-9_.-]+")
SHARES = 100

_SERVER = ServerSettings()


class Part(BaseModel):
    """A mapping of the file. Unknown keys are reported by the loader, which also knows their lines."""

    # Built when first used: the file as a whole never is, its parts are.
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, defer_build=True)


def nearest(name: object, known: Iterable[str]) -> str:
    """A hint that names the nearest of `known`, or all of them if none is near."""
    known = list(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"write one of {', '.join(f'`{each}`' for each in known)}" if known else ""


def _check_endpoint_type(value: object) -> object:
    if isinstance(value, str) and value not in ENDPOINT_TYPES:
        raise Mistake(f"The endpoint type {value!r} is not supported", nearest(value, ENDPOINT_TYPES))
    return value


def _check_strategy(value: object) -> object:
    if isinstance(value, str) and value != "TRAFFIC_SPLIT":
        raise Mistake(f"The routing strategy {value!r} is not supported", "write TRAFFIC_SPLIT, or take the key out")
    return value


EndpointType = Annotated[
    Literal["llm/v1/chat", "llm/v1/completions", "llm/v1/embeddings", "llm/v1/rerank"],
    BeforeValidator(_check_endpoint_type),
]


class LimitPart(Part):
    """How many calls may be made in a period: one count, whatever URL, dialect or route leads to the endpoint."""

    calls: int = Field(ge=0, description="At most so many calls in a period. 0 lets none through.")
    key: str | None = Field(default=None, description="Accepted and shown, without effect, as in MLflow.")
    renewal_period: str = Field(
        description="second, minute, hour, day, month or year, or several of them, such as `2 hours`."
    )

    @field_validator("renewal_period")
    @classmethod
    def _check_period(cls, value: str) -> str:
        parse_period(value)
        return value


class TimeoutsPart(Part):
    """Five deadlines of a call to a provider: seconds, or texts such as 30s and 2m. null switches one off."""

    pool: Duration | None = Field(default=None, description="Waiting for a free connection. 10 s unless set.")
    connect: Duration | None = Field(default=None, description="TCP and TLS. 10 s unless set.")
    first_byte: Duration | None = Field(
        default=None, description="From the end of the request to the first byte of the reply. 300 s unless set."
    )
    idle: Duration | None = Field(default=None, description="Between two pieces of the reply. 300 s unless set.")
    total: Duration | None = Field(default=None, description="The whole call, streams included. Off unless set.")


class ModelPart(Part):
    """Which model answers, and at which provider."""

    provider: str = Field(description="The provider's name: `limen providers` lists them. Case, - and _ do not matter.")
    name: str | None = Field(default=None, description="The model, as the provider calls it.")
    config: dict[str, Any] | None = Field(
        default=None, description="The provider's own keys: its API key, its address."
    )


class EndpointPart(Part):
    """A model under a name of its own."""

    name: str = Field(
        description="What clients call it: letters, digits, _, - and .",
        json_schema_extra={"pattern": rf"^{NAME.pattern}$"},
    )
    endpoint_type: EndpointType = Field(description="What it does.")
    model: ModelPart = Field(description="Which model answers, and at which provider.")
    limit: LimitPart | None = Field(default=None, description="How many calls may be made.")
    timeouts: TimeoutsPart | None = Field(
        default=None, description="Deadlines of this endpoint; those left out are taken from the top of the file."
    )
    tls: str | None = Field(default=None, description="The TLS profile for its connections, from `tls.profiles`.")
    on_loss: OnLoss | None = Field(
        default=None,
        description="What happens to a request that its provider can't be sent whole; else `server.on_loss`.",
    )

    @field_validator("name")
    @classmethod
    def _check_name(cls, value: str) -> str:
        if NAME.fullmatch(value) is None:
            raise Mistake(
                f"The name {value!r} contains disallowed characters for a url endpoint",
                "use letters, digits, `_`, `-` and `.` only",
            )
        return value


class DestinationPart(Part):
    """An endpoint's share of a route."""

    name: str = Field(description="The name of an endpoint.")
    traffic_percentage: int = Field(ge=0, le=SHARES, description="Its share. The shares of a route add up to 100.")


class RoutePart(Part):
    """A name in front of several endpoints of one type."""

    name: str = Field(description="What clients call it. No endpoint may have the same name.")
    task_type: EndpointType = Field(description="The `endpoint_type` of all its destinations.")
    destinations: list[DestinationPart] = Field(description="The endpoints, each with its share.")
    routing_strategy: Annotated[Literal["TRAFFIC_SPLIT"], BeforeValidator(_check_strategy)] = Field(
        default="TRAFFIC_SPLIT", description="How a destination is chosen: by its share. There is no other way yet."
    )

    @field_validator("destinations")
    @classmethod
    def _check_shares(cls, value: list[DestinationPart]) -> list[DestinationPart]:
        total = sum(destination.traffic_percentage for destination in value)
        if total != SHARES:
            raise Mistake(f"the traffic percentage sum of destinations must be 100, but it is {total}")
        return value


class TlsProfilePart(Part):
    """Whom to trust, and how to identify to a provider's server. Verification is always on."""

    ca_file: str | None = Field(default=None, description="A PEM file of authorities, in place of the system's.")
    client_cert_file: str | None = Field(default=None, description="A PEM file with the client's certificate.")
    client_key_file: str | None = Field(default=None, description="Its key, if that is not in the same file.")

    @field_validator("client_key_file")
    @classmethod
    def _check_key(cls, value: str | None, info: Any) -> str | None:
        if value is not None and info.data.get("client_cert_file") is None:
            raise Mistake("a client's key needs its certificate", "add `client_cert_file`")
        return value


class TlsPart(Part):
    """TLS towards the providers."""

    profiles: dict[str, TlsProfilePart] = Field(default_factory=dict, description="Sets of TLS settings, by name.")
    default: str | None = Field(default=None, description="The profile of everything that names none of its own.")


class ServerPart(Part):
    """How the gateway serves."""

    max_body_bytes: int = Field(default=_SERVER.max_body_bytes, ge=1, description="The largest request body, in bytes.")
    keepalive_comment_seconds: Duration | None = Field(
        default=_SERVER.keepalive_comment_seconds,
        description="A stream that is silent for so long gets a comment, so that nothing on the way closes it. null: none.",
    )
    drain_seconds: DurationOrZero = Field(
        default=_SERVER.drain_seconds, description="How long a gateway that is told to stop waits for requests in hand."
    )
    page_size: int = Field(default=_SERVER.page_size, ge=1, description="Endpoints in one page of MLflow's list.")
    on_loss: OnLoss = Field(
        default=_SERVER.on_loss,
        description="A request that a provider's dialect can't express whole: `note` serves it and names what was left out in "
        "`limen-dropped`, `error` refuses it with 400.",
    )


class ConfigFile(Part):
    """The configuration of the gateway."""

    endpoints: list[EndpointPart] = Field(description="The models that are served, each under a name of its own.")
    routes: list[RoutePart] | None = Field(default=None, description="Names in front of several endpoints.")
    providers: dict[str, dict[str, Any] | None] | None = Field(
        default=None,
        description="Providers that serve any of their models as `<provider>/<model>`: a name, and its `config:` block.",
    )
    timeouts: TimeoutsPart | None = Field(default=None, description="Deadlines of all endpoints that set none.")
    tls: TlsPart | None = Field(default=None, description="Certificates and authorities, for connections to providers.")
    server: ServerPart | None = Field(default=None, description="How the gateway serves.")
