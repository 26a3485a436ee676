"""One request from plan to reply: the only conductor. Every route, relayed or translated, streamed or not, passes here.

Takes a parsed call, gives back an :class:`Answer` (whole) or a :class:`Stream` whose first piece is still to be pulled;
`limen.streaming` pulls it before anything is sent, so until then a failure keeps its real status.

Must not: know ASGI, URLs or how bytes reach the client.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from limen.answers import Answer, EventStream, Headers, RelayedStream, Stream
from limen.config.snapshot import Endpoint, Route, Snapshot
from limen.dialects.base import AnyDialect
from limen.dialects.relay import StreamRelay
from limen.errors import BadRequest, MalformedReply, NotFound, NotSupported, ProviderReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.policy.limits import Limiter
from limen.policy.rotation import Rotation
from limen.providers.base import AnyRequest, Reply, Transport
from limen.wire.edit import Fields

MAX_ERROR_BODY = 1024 * 1024
MAX_REPLY_BODY = 256 * 1024 * 1024
_PASSED_ON = (b"retry-after", b"openai-processing-ms", b"openai-version")
_PASSED_ON_PREFIXES = (b"x-ratelimit-", b"ratelimit-", b"retry-after-")
_KNOWN_HEADERS: dict[bytes, bytes | None] = {}


class Call(msgspec.Struct, frozen=True):
    """What a surface has read: the client's dialects by operation, the body, and the name it is for.

    `name` is set where the path names the endpoint or route; else the body's `model` does. `operation` is None where the
    endpoint's own type decides.
    """

    dialects: dict[Operation, AnyDialect]
    operation: Operation | None
    body: bytes
    name: str | None = None


_ABSENT = msgspec.Raw(b"null")


class _Envelope(msgspec.Struct):
    """The members of a full reply that matter here; decoding them proves that all of it is JSON."""

    error: msgspec.Raw = _ABSENT
    choices: msgspec.Raw = _ABSENT
    data: msgspec.Raw = _ABSENT
    usage: msgspec.Raw = _ABSENT


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class Plan(msgspec.Struct, frozen=True):
    """Who serves a call, and how: made once."""

    endpoint: Endpoint
    operation: Operation
    client: AnyDialect
    stream: bool
    asked_usage: bool
    fields: Fields


class Exchange:
    """Conducts requests. One per worker; holds what outlives snapshots."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._clock = clock
        self._limiter = Limiter()
        self._rotation = Rotation()

    async def run(self, snapshot: Snapshot, call: Call) -> Answer | Stream:
        """Serve one call. Raises LimenError; whatever is raised, no connection is left behind."""
        plan = self.plan(snapshot, call)
        provider = plan.endpoint.provider
        if plan.endpoint.limit is not None:
            self._limiter.take(plan.endpoint.name, plan.endpoint.limit, self._clock())
        if (f"{plan.operation}_stream" if plan.stream else plan.operation) in provider.LOCAL:
            return await self._local(plan)
        if provider.adapter.dialect(plan.operation).wire == plan.client.wire:
            return await self._relay(plan)
        return await self._translate(plan)

    def plan(self, snapshot: Snapshot, call: Call) -> Plan:
        """Decide who serves `call`. Pure but for the rotation of routes."""
        fields = Fields.parse(call.body)
        endpoint = self._resolve(snapshot, call, fields)
        operation = call.operation or endpoint.operation
        client = call.dialects[operation]
        client.validate_relay(fields)
        stream = fields.raw.get("stream") == b"true"
        if not endpoint.provider.supports(operation, stream=stream):
            how = "streamed " if stream else ""
            name = endpoint.provider.DISPLAY_NAME
            raise NotSupported(f"The {how}{operation} operation is not implemented for {name} models.")
        options = fields.get("stream_options") if stream else None
        asked = isinstance(options, dict) and options.get("include_usage") is True
        return Plan(endpoint, operation, client, stream, asked, fields)

    def _resolve(self, snapshot: Snapshot, call: Call, fields: Fields) -> Endpoint:
        name = call.name
        if name is None:
            name = _model_name(fields)
        found = snapshot.endpoints.get(name) or snapshot.routes.get(name)
        if found is None:
            return _open_endpoint(snapshot, name, call.operation)
        if call.operation is not None and found.operation is not call.operation:
            kind = "Route" if isinstance(found, Route) else "Endpoint"
            article = "an" if call.operation is Operation.EMBEDDINGS else "a"
            raise BadRequest(
                f"{kind} {name!r} is not {article} {call.operation} endpoint.",
                param="model",
                code="wrong_endpoint_type",
            )
        if isinstance(found, Route):
            return found.destinations[self._rotation.pick(found.name, found.destinations)].endpoint
        return found

    async def _relay(self, plan: Plan) -> Answer | Stream:
        endpoint, operation = plan.endpoint, plan.operation
        adapter = endpoint.provider.adapter
        adapter.edit_relay(operation, plan.fields, model=endpoint.model, stream=plan.stream)
        reply = await self._send(plan, plan.fields.encode())
        if plan.stream:
            _require_event_stream(reply, await self._unless_streamed(plan, reply))
            dress = partial(plan.client.dress_frame, provider=endpoint.provider_name) if plan.client.dresses else None
            read_error = partial(adapter.dialect(operation).parse_error, 502, reply.headers)
            relay = StreamRelay(read_error, hide_usage=not plan.asked_usage, dress=dress)
            return RelayedStream(reply, relay, plan.client, passed_on(reply.headers))
        body = await _read(reply)
        self._check_full(plan, reply, body)
        if plan.client.dresses:
            body = plan.client.dress_response(body, endpoint.provider_name)
        return Answer(200, passed_on(reply.headers), body, plan.client.content_type)

    async def _translate(self, plan: Plan) -> Answer | Stream:
        adapter, losses = plan.endpoint.provider.adapter, Losses()
        request = _hub_request(plan)
        streamed = msgspec.structs.replace(request, stream=True, stream_usage=True) if plan.stream else request
        edited = adapter.edit_request(plan.operation, streamed, losses)
        dialect = adapter.dialect(plan.operation)
        reply = await self._send(plan, dialect.render_request(edited, losses))
        if plan.stream:
            _require_event_stream(reply, await self._unless_streamed(plan, reply))
            renderer = plan.client.stream_renderer(request, losses)
            return EventStream.from_reply(
                reply, dialect.stream_parser(), renderer, plan.client, passed_on(reply.headers)
            )
        body = await _read(reply)
        self._check_full(plan, reply, body)
        return _render(plan, dialect.parse_response(body), losses, passed_on(reply.headers))

    async def _local(self, plan: Plan) -> Answer | Stream:
        """Serve from a provider that answers by itself, without a request of limen's."""
        provider, losses, request = plan.endpoint.provider, Losses(), _hub_request(plan)
        if plan.stream:
            events = getattr(provider, f"{plan.operation}_stream")(request)
            return EventStream(events, plan.client.stream_renderer(request, losses), plan.client)
        response = await getattr(provider, plan.operation.value)(request)
        return _render(plan, response, losses, [])

    async def _send(self, plan: Plan, body: bytes) -> Reply:
        endpoint = plan.endpoint
        request = endpoint.provider.prepare(plan.operation, body, model=endpoint.model, stream=plan.stream)
        reply = await self._transport.request(request, endpoint.timeouts)
        if reply.status >= 300:
            raise await self._provider_error(plan, reply)
        return reply

    async def _provider_error(self, plan: Plan, reply: Reply) -> ProviderReply:
        text = await _read(reply, MAX_ERROR_BODY)
        dialect = plan.endpoint.provider.adapter.dialect(plan.operation)
        return dialect.parse_error(reply.status, reply.headers, text)

    def _check_full(self, plan: Plan, reply: Reply, body: bytes) -> None:
        """A 200 may still be no answer: an error in JSON, a page of HTML, a body that was cut."""
        try:
            envelope = _ENVELOPE.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise MalformedReply(_not_json(plan, reply)) from None
        answered = bytes(envelope.choices) != b"null" or bytes(envelope.data) != b"null"
        if bytes(envelope.error) != b"null" and not answered:
            raise plan.endpoint.provider.adapter.dialect(plan.operation).parse_error(502, reply.headers, body)

    async def _unless_streamed(self, plan: Plan, reply: Reply) -> str | None:
        """What is wrong with the reply to a streamed request that is not an event stream; None if it is one."""
        if _content_type(reply).startswith(b"text/event-stream"):
            return None
        body = await _read(reply, MAX_ERROR_BODY)
        self._check_full(plan, reply, body)
        return f"provider {plan.endpoint.provider_name!r} answered a streamed request with a plain JSON body"


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
        name=name,
        endpoint_type="",
        operation=operation,
        provider_name=prefix,
        model=model,
        provider=provider,
        timeouts=provider.settings.timeouts,
    )


def _hub_request(plan: Plan) -> AnyRequest:
    # A surface whose path names the endpoint has no `model` in the body; the hub's request always has one.
    request: AnyRequest = plan.client.parse_request(plan.fields.body)
    return msgspec.structs.replace(request, model=plan.endpoint.model or plan.endpoint.name)


def _render(plan: Plan, response: Any, losses: Losses, headers: Headers) -> Answer:
    body = plan.client.render_response(response, losses)
    if plan.client.dresses:
        body = plan.client.dress_response(body, plan.endpoint.provider_name)
    return Answer(200, headers, body, plan.client.content_type, losses)


async def _read(reply: Reply, limit: int = MAX_REPLY_BODY) -> bytes:
    try:
        return await reply.read(limit)
    finally:
        reply.close()


def _content_type(reply: Reply) -> bytes:
    return next((value for name, value in reply.headers if name == b"content-type"), b"").lower()


def _require_event_stream(reply: Reply, problem: str | None) -> None:
    if problem is not None:
        reply.close()
        raise MalformedReply(problem)


def _not_json(plan: Plan, reply: Reply) -> str:
    kind = _content_type(reply).decode("latin-1") or "no content type"
    return (
        f"provider {plan.endpoint.provider_name!r} answered with a body that is not valid JSON ({kind}); "
        "check the endpoint's base URL"
    )


def passed_on(headers: Sequence[tuple[bytes, bytes]]) -> Headers:
    """The provider's headers that a client can use: rate limits, and its own request id under another name."""
    kept = []
    for name, value in headers:
        client_name = _KNOWN_HEADERS.get(name, b"?")
        if client_name == b"?":
            client_name = _learn(name)
        if client_name is not None:
            kept.append((client_name, value))
    return kept


def _learn(name: bytes) -> bytes | None:
    """Decide on a header's name once: providers send the same ones every time. Bounded, for a hostile one."""
    if name == b"x-request-id":
        client_name: bytes | None = b"limen-provider-request-id"
    else:
        client_name = name if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES) else None
    if len(_KNOWN_HEADERS) < 1000:
        _KNOWN_HEADERS[name] = client_name
    return client_name
