"""One request from plan to reply: the only conductor. Every route, relayed or translated, streamed or not, passes here.

Takes a call, gives back an :class:`Answer` (whole) or a :class:`Stream` whose first piece is still to be pulled;
`limen.streaming` pulls it before anything is sent, so until then a failure keeps its real status.

Must not: know ASGI, URLs or how bytes reach the client.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from limen.answers import Answer, EventStream, Headers, RelayedStream, Stream, Translation, passed_on
from limen.config.snapshot import Snapshot
from limen.errors import MalformedReply, ProviderReply
from limen.model.http import WireRequest
from limen.model.losses import Losses
from limen.plan import NO_HEADERS, Door, Plan, Way, make_plan
from limen.policy.limits import Limiter
from limen.policy.rotation import Rotation
from limen.provider_request import hub_request, relayed, translated
from limen.providers.base import AnyRequest, Reply, Transport

MAX_ERROR_BODY = 1024 * 1024
MAX_REPLY_BODY = 256 * 1024 * 1024


class Exchange:
    """Conducts requests. One per worker; holds what outlives snapshots."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._clock = clock
        self._limiter = Limiter()
        self._rotation = Rotation()

    def run(
        self, snapshot: Snapshot, door: Door, body: bytes, headers: Mapping[bytes, bytes] = NO_HEADERS
    ) -> Awaitable[Answer | Stream]:
        """Serve one call. Raises LimenError, now or when awaited; whatever is raised, no connection is left behind."""
        plan = make_plan(snapshot, door, body, self._rotation, headers)
        endpoint = plan.endpoint
        if endpoint.limit is not None:
            self._limiter.take(endpoint.name, endpoint.limit, self._clock())
        way = plan.way
        if way is Way.RELAY:
            return self._relay(plan)
        return self._translate(plan) if way is Way.TRANSLATE else self._local(plan)

    async def _relay(self, plan: Plan) -> Answer | Stream:
        endpoint, client = plan.endpoint, plan.client
        if plan.stream:
            return await self._relay_stream(plan)
        # As in `_send`, without its coroutine: this is the most travelled way.
        if endpoint.provider.source is not None:
            await _authorize(plan)
        reply = await self._transport.request(relayed(plan), endpoint.timeouts)
        if reply.status >= 300:
            raise await _provider_error(plan, reply)
        body = await reply.read(MAX_REPLY_BODY)
        _check_full(plan, reply, body)
        if client.dresses:
            body = client.dress_response(body, endpoint.provider_name)
        return Answer(200, passed_on(reply.headers), body, client.content_type)

    async def _relay_stream(self, plan: Plan) -> Stream:
        client, hide_usage = plan.client, not plan.asked_usage
        if plan.endpoint.provider.source is not None:
            await _authorize(plan)
        reply = await self._send(plan, relayed(plan))
        await _require_event_stream(plan, reply)
        dress = partial(client.dress_frame, provider=plan.endpoint.provider_name) if client.dresses else None
        read_error = partial(plan.dialect.parse_error, 502, reply.headers)
        tap = plan.dialect.stream_tap(read_error, hide_usage=hide_usage, dress=dress)
        return RelayedStream(reply, tap, client, passed_on(reply.headers))

    async def _translate(self, plan: Plan) -> Answer | Stream:
        losses, dialect = Losses(), plan.dialect
        request = hub_request(plan, losses)
        if plan.endpoint.provider.source is not None:
            await _authorize(plan)
        reply = await self._send(plan, translated(plan, request, losses))
        headers = passed_on(reply.headers)
        if plan.stream:
            await _require_event_stream(plan, reply)
            renderer = plan.client.stream_renderer(request, losses, plan.endpoint.provider_name)
            translation = Translation(dialect.stream_framer(), dialect.stream_parser(), renderer)
            return RelayedStream(reply, translation, plan.client, headers, losses)
        body = await reply.read(MAX_REPLY_BODY)
        _check_full(plan, reply, body)
        return _render(plan, request, dialect.parse_response(body), losses, headers)

    async def _local(self, plan: Plan) -> Answer | Stream:
        """Serve from a provider that answers by itself, without a request of limen's."""
        provider, losses = plan.endpoint.provider, Losses()
        request = hub_request(plan, losses)
        if plan.stream:
            events = getattr(provider, f"{plan.operation}_stream")(request)
            renderer = plan.client.stream_renderer(request, losses, plan.endpoint.provider_name)
            return EventStream(events, renderer, plan.client, losses=losses)
        response = await getattr(provider, plan.operation.value)(request)
        return _render(plan, request, response, losses, [])

    async def _send(self, plan: Plan, request: WireRequest) -> Reply:
        reply = await self._transport.request(request, plan.endpoint.timeouts)
        if reply.status >= 300:
            raise await _provider_error(plan, reply)
        return reply


async def _authorize(plan: Plan) -> None:
    """Wait for the provider's credential where none is at hand: at the first request, and after a refusal."""
    provider = plan.endpoint.provider
    if provider.source is not None and provider.source.current() is None:
        await provider.authorize()


async def _provider_error(plan: Plan, reply: Reply) -> ProviderReply:
    try:
        text = await reply.read(MAX_ERROR_BODY)
    finally:
        reply.close()
    source = plan.endpoint.provider.source
    if reply.status == 401 and source is not None:
        source.reject()  # Revoked before its time: the next request shall not be sent with it again.
    return plan.dialect.parse_error(reply.status, reply.headers, text)


def _check_full(plan: Plan, reply: Reply, body: bytes) -> None:
    """A 200 may still be no answer: an error in JSON, a page of HTML, a body that was cut."""
    try:
        plan.dialect.check_response(body)
    except MalformedReply:
        raise MalformedReply(_not_json(plan, reply)) from None
    except ProviderReply as error:
        error.headers = tuple(reply.headers)
        raise


async def _require_event_stream(plan: Plan, reply: Reply) -> None:
    """A streamed request may still be answered by plain JSON: an error, or a server that does not stream."""
    if _content_type(reply).partition(b";")[0].strip() == plan.dialect.stream_content_type.partition(b";")[0]:
        return
    try:
        _check_full(plan, reply, await reply.read(MAX_ERROR_BODY))
    finally:
        reply.close()
    name = plan.endpoint.provider_name
    raise MalformedReply(f"provider {name!r} answered a streamed request with a plain JSON body")


def _render(plan: Plan, request: AnyRequest, response: Any, losses: Losses, headers: Headers) -> Answer:
    body = plan.client.render_answer(response, request, losses)
    if plan.client.dresses:
        body = plan.client.dress_response(body, plan.endpoint.provider_name)
    return Answer(200, headers, body, plan.client.content_type, losses)


def _content_type(reply: Reply) -> bytes:
    return next((value for name, value in reply.headers if name == b"content-type"), b"").lower()


def _not_json(plan: Plan, reply: Reply) -> str:
    kind = _content_type(reply).decode("latin-1") or "no content type"
    name = plan.endpoint.provider_name
    return f"provider {name!r} answered with a body that is not valid JSON ({kind}); check the endpoint's base URL"
