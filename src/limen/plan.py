"""Who serves a call, and how: decided once, before anything is sent.

What does not depend on the call, only on where it came in and which name it gave, is worked out the first time and kept with
the door; doors are made anew for each snapshot. Pure but for the turn of a route, taken from the rotation that is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final

import msgspec

from limen.config.snapshot import Endpoint, Route, Snapshot
from limen.dialects.base import AnyDialect
from limen.dialects.seal import MARK_BYTES
from limen.errors import BadRequest, NotFound, NotSupported
from limen.model.operation import Operation
from limen.policy.rotation import Rotation
from limen.providers.base import BaseProvider
from limen.wire.edit import Fields

MOST_KEPT: Final = 10_000
NO_HEADERS: Final[Mapping[bytes, bytes]] = {}
# Tokens are counted by whoever answers chats.
_TYPE_FOR: Final = {Operation.COUNT_TOKENS: Operation.CHAT}
_STREAMED: Final = {operation: f"{operation}_stream" for operation in Operation}


class Way(Enum):
    """How an answer comes about: from bytes passed on, from bytes translated, or from a provider that answers itself."""

    RELAY = "relay"
    TRANSLATE = "translate"
    LOCAL = "local"


class Target(msgspec.Struct, frozen=True):
    """An endpoint as one door sees it. `whole` and `streamed` are the ways to an answer; None where there is none.

    `dialect` is what its provider is asked in: the client's own wire if it speaks that; None where it answers by itself.
    """

    endpoint: Endpoint
    operation: Operation
    client: AnyDialect
    dialect: AnyDialect | None
    whole: Way | None
    streamed: Way | None


class Door(msgspec.Struct, frozen=True):
    """Where calls come in: one path of the data plane.

    `dialects` are the caller's, by operation. `operation` is None where the endpoint's type decides. `name` is the endpoint or
    route that the path leads to, None where the body's `model` says. `errors` is the dialect for faults that come up before the
    operation is known. `stream` is whether the path streams, None where the body says. `targets` keeps what was found, by the
    raw JSON of the name. `otherwise` is the door for a request whose query does not have `query` in it.
    """

    dialects: dict[Operation, AnyDialect]
    operation: Operation | None
    name: str | None
    errors: AnyDialect
    stream: bool | None = None
    query: bytes = b""
    otherwise: Door | None = None
    targets: dict[bytes, Target] = msgspec.field(default_factory=dict)


class Plan(msgspec.Struct, frozen=True):
    """The decision. `fields` are the body's top-level members, `client` is the caller's dialect.

    `carried` are those of its headers that mean something to the provider.
    """

    target: Target
    endpoint: Endpoint
    operation: Operation
    client: AnyDialect
    fields: Fields
    stream: bool
    way: Way
    carried: Sequence[tuple[bytes, bytes]] = ()

    @property
    def dialect(self) -> AnyDialect:
        """What the provider is asked in."""
        if self.target.dialect is None:
            raise ValueError("a provider that answers by itself is not asked in any dialect")
        return self.target.dialect

    @property
    def asked_usage(self) -> bool:
        """Whether the client wants to see what its stream used."""
        options = self.fields.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True


def make_plan(
    snapshot: Snapshot, door: Door, body: bytes, rotation: Rotation, headers: Mapping[bytes, bytes] = NO_HEADERS
) -> Plan:
    """Decide. `headers` are the client's. Raises BadRequest, NotFound, NotSupported."""
    try:
        fields = Fields.parse(body)
    except BadRequest as error:
        raise door.errors.body_fault(error.message) from None
    raw = fields.raw.get("model") if door.name is None else None
    key = b"" if raw is None else bytes(raw)
    target = door.targets.get(key) or _find(snapshot, door, fields, key, rotation)
    target.client.validate_relay(fields)
    stream = _streams(target, fields) if door.stream is None else door.stream
    way = target.streamed if stream else target.whole
    if way is None:
        raise _not_supported(target, stream=stream)
    if way is Way.RELAY and (MARK_BYTES in body or not _relays(target, fields)):
        way = Way.TRANSLATE  # What another dialect's provider sealed must not reach this one; nor what it would refuse.
    client = target.client
    carried = [(name, headers[name]) for name in client.carried if name in headers] if client.carried else ()
    return Plan(target, target.endpoint, target.operation, client, fields, stream, way, carried)


def _relays(target: Target, fields: Fields) -> bool:
    return target.endpoint.provider.adapter.relays(target.operation, fields, target.client.wire)


def _streams(target: Target, fields: Fields) -> bool:
    return fields.is_true("stream") or (target.client.streams_by_default and fields.is_absent("stream"))


def _find(snapshot: Snapshot, door: Door, fields: Fields, key: bytes, rotation: Rotation) -> Target:
    name = door.name or _model_name(fields)
    found = snapshot.endpoints.get(name) or snapshot.routes.get(name)
    if found is None:
        found = _open_endpoint(snapshot, name, door.operation)
    elif door.operation is not None and found.operation is not _TYPE_FOR.get(door.operation, door.operation):
        raise _wrong_type(found, door.operation)
    if isinstance(found, Route):
        # A route's turn changes from call to call: it is only ever its endpoints that are the same each time.
        return _target(found.destinations[rotation.pick(found.name, found.destinations)].endpoint, door)
    target = _target(found, door)
    if len(door.targets) < MOST_KEPT:
        door.targets[key] = target
    return target


def _target(endpoint: Endpoint, door: Door) -> Target:
    operation = door.operation or endpoint.operation
    client = door.dialects[operation]
    adapter = endpoint.provider.adapter
    # A plug-in that answers by itself may have no dialect at all.
    dialect = adapter.dialect(operation, client.wire) if operation in adapter.dialects else None
    wired = None if dialect is None else Way.RELAY if dialect.wire == client.wire else Way.TRANSLATE
    ways = [_way(endpoint.provider, operation, wired, stream=stream) for stream in (False, True)]
    return Target(endpoint, operation, client, dialect, *ways)


def _way(provider: BaseProvider, operation: Operation, wired: Way | None, *, stream: bool) -> Way | None:
    if not provider.supports(operation, stream=stream):
        return None
    return Way.LOCAL if (_STREAMED[operation] if stream else operation) in provider.LOCAL else wired


def _not_supported(target: Target, *, stream: bool) -> NotSupported:
    how, name = "streamed " if stream else "", target.endpoint.provider.DISPLAY_NAME
    return NotSupported(f"The {how}{target.operation} operation is not implemented for {name} models.")


def _wrong_type(found: Endpoint | Route, wanted: Operation) -> BadRequest:
    kind = "Route" if isinstance(found, Route) else "Endpoint"
    article = "an" if wanted is Operation.EMBEDDINGS else "a"
    message = f"{kind} {found.name!r} is not {article} {wanted} endpoint."
    return BadRequest(message, param="model", code="wrong_endpoint_type")


def _model_name(fields: Fields) -> str:
    name = fields.get("model")
    if not isinstance(name, str) or not name:
        missing = "is missing" if name is None else "must be a non-empty string"
        raise BadRequest(
            f"`model` {missing}: name an endpoint, a route or `<provider>/<model>`; GET /v1/models lists them",
            param="model",
            code="missing_model" if name is None else None,
        )
    return name


def _open_endpoint(snapshot: Snapshot, name: str, operation: Operation | None) -> Endpoint:
    prefix, slash, model = name.partition("/")
    provider = snapshot.open_providers.get(prefix) if slash and model else None
    if provider is None or operation is None:
        raise NotFound(
            f"The model {name!r} does not exist: it is neither an endpoint nor a route of this gateway, nor the model of a "
            "provider that is open to any model. GET /v1/models lists what there is.",
            param="model",
            code="model_not_found",
        )
    return Endpoint(
        name,
        "",
        operation,
        prefix,
        model,
        provider,
        timeouts=provider.settings.timeouts,
        on_loss=snapshot.server.on_loss,
    )
