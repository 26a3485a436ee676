"""The hot path: from a recognised path to the reply, as raw ASGI.

Reads the body, hands it to the exchange, sends what comes back, and turns every failure into an error of the caller's own
dialect. No routing, middleware or model validation runs here.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import os
from collections.abc import Awaitable

from limen.answers import Answer, Stream, passed_on
from limen.config.snapshot import Snapshot
from limen.dialects.base import AnyDialect
from limen.errors import (
    ClientFault,
    GatewayFault,
    LimenError,
    LimitExceeded,
    MethodNotAllowed,
    Overloaded,
    ProviderReply,
    TimeoutFault,
)
from limen.exchange import Exchange
from limen.plan import Door
from limen.server.asgi_client import AsgiClient
from limen.server.body import ClientLeft, given_request_id, read_body, require_json, require_post
from limen.server.protocol import GatewayProtocol
from limen.streaming import EXTENSION, Receive, Scope, Send, make_streaming_response

Client = GatewayProtocol | AsgiClient
Pairs = list[tuple[bytes, bytes]]
CLOSE = (b"connection", b"close")
MOST_TOLD = 1000
_log = logging.getLogger("limen.requests")


class DataPlane:
    """Serves the doors of the current snapshot. `draining` makes every reply end its connection."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ids = itertools.count(1)
        self._id_prefix = b"req_" + os.urandom(6).hex().encode("ascii")
        self._told: set[str] = set()
        self.draining = False

    def new_request_id(self) -> bytes:
        """An id that no other request has: random for the process, counted within it."""
        return b"%b%08x" % (self._id_prefix, next(self._ids))

    async def serve(self, door: Door, snapshot: Snapshot, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised but the cancellation of the server itself."""
        headers = dict(scope["headers"])
        request_id = given_request_id(headers) or self.new_request_id()
        extensions = scope.get("extensions")
        client: Client = (extensions and extensions.get(EXTENSION)) or AsgiClient(receive, send)
        try:
            require_post(scope["method"])
            require_json(headers)
            body = client.whole_body(snapshot.server.max_body_bytes)
            if body is None:
                body = await read_body(receive, headers, snapshot.server.max_body_bytes)
            client.guard()
            answer = await self._exchange.run(snapshot, door, body, headers)
            if isinstance(answer, Answer):
                pending = self._reply(answer, request_id, client)
                if pending is not None:
                    await pending
            else:
                await self._stream(answer, snapshot, request_id, (scope, receive, send))
            if answer.losses:
                self._log_losses(request_id, answer.losses.header())
        except LimenError as error:
            await self._refuse(door.errors, error, request_id, client)
        except ClientLeft:
            return
        except asyncio.CancelledError:
            if not client.release():
                raise
        except Exception:
            _log.exception("%s failed inside the gateway", request_id.decode())
            fault = GatewayFault(
                "the gateway failed to serve this request; its log has the reason under the request id"
            )
            await self._refuse(door.errors, fault, request_id, client)
        finally:
            client.release()

    def _log_losses(self, request_id: bytes, names: str) -> None:
        """Tell the operator once of each kind of loss: an application loses the same with every request."""
        level = logging.DEBUG if names in self._told else logging.INFO
        if len(self._told) < MOST_TOLD:
            self._told.add(names)
        _log.log(level, "%s lost in translation: %s", request_id.decode(), names)

    def _reply(self, answer: Answer, request_id: bytes, client: Client) -> Awaitable[None] | None:
        lines = b"x-request-id: %b\r\ncontent-type: %b\r\n" % (request_id, answer.content_type)
        for pair in answer.headers:
            lines += b"%b: %b\r\n" % pair
        if answer.losses:
            lines += b"limen-dropped: %b\r\n" % answer.losses.header().encode("ascii")
        if self.draining:
            lines += b"connection: close\r\n"
        return client.reply(answer.status, lines, answer.body)

    async def _stream(
        self, stream: Stream, snapshot: Snapshot, request_id: bytes, asgi: tuple[Scope, Receive, Send]
    ) -> None:
        headers: Pairs = [(b"x-request-id", request_id), *stream.headers]
        keepalive = snapshot.server.keepalive_comment_seconds
        reply = await make_streaming_response(stream, headers=headers, keepalive_seconds=keepalive)
        if stream.losses:
            headers.append((b"limen-dropped", stream.losses.header().encode("ascii")))
        if self.draining:
            headers.append(CLOSE)
        await reply(*asgi)

    async def _refuse(self, dialect: AnyDialect, error: LimenError, request_id: bytes, client: Client) -> None:
        level = logging.INFO if isinstance(error, ClientFault) else logging.WARNING
        _log.log(level, "%s -> %d %s: %s", request_id.decode(), error.status, error.code, error.message)
        answer = Answer(
            error.status,
            _error_headers(error) + dialect.error_headers(error),
            dialect.render_error(error),
            dialect.content_type,
        )
        pending = self._reply(answer, request_id, client)
        if pending is not None:
            await pending


def _error_headers(error: LimenError) -> Pairs:
    match error:
        case ProviderReply():
            return passed_on(error.headers)
        case LimitExceeded() | Overloaded():
            return [(b"retry-after", b"%d" % max(1, math.ceil(error.retry_after)))]
        case TimeoutFault():
            return [(b"x-should-retry", b"false")]  # OpenAI's and Anthropic's SDKs would wait as long again.
        case MethodNotAllowed():
            return [(b"allow", error.allow.encode("ascii"))]
        case _:
            return []
