"""Every failure limen knows, split first by whose fault it is.

::

    LimenError
     ├── ConfigError          the operator's file is wrong; carries every problem found
     ├── StartError           the service can't be started, or reached: a port in use, a host that is not this machine's
     ├── ClientFault          the caller's request can't be served as it is (4xx)
     │    ├── BadRequest              400  the body or a parameter is wrong
     │    ├── Forbidden               403  the file does not allow what was asked
     │    ├── NotFound                404  no such endpoint, route or model
     │    ├── MethodNotAllowed        405
     │    ├── TooLarge                413  the body is over the limit
     │    ├── UnsupportedMediaType    415
     │    ├── Unprocessable           422  well-formed, but not acceptable on this surface
     │    └── LimitExceeded           429  a configured limit is used up
     ├── ProviderFault        the provider failed or refused; `kind` says how
     │    ├── ProviderReply           it answered with an error; status and body are kept
     │    ├── TransportFault          502  refused, reset, unreachable, TLS failure
     │    ├── TimeoutFault            504  one of the five deadlines passed; `phase` names it
     │    ├── CredentialFault         502  a short-lived credential could not be obtained
     │    └── MalformedReply          502  what came back is not what the protocol allows
     └── GatewayFault         limen's own
          ├── NotSupported            501  the provider has no such operation
          └── Overloaded              503  too much work already; try again later

A surface turns any of these into an error of its own dialect; nothing else may reach a client.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class FaultKind(StrEnum):
    """Why a provider failed. The kind, not the status, decides what happens next."""

    CLIENT = "client"
    CONTEXT_TOO_LONG = "context_too_long"
    CONTENT_REFUSED = "content_refused"
    CREDENTIALS = "credentials"
    BILLING = "billing"
    RATE_LIMITED = "rate_limited"
    OVERLOADED = "overloaded"
    TIMEOUT = "timeout"
    TRANSPORT = "transport"
    MALFORMED = "malformed"


class LimenError(Exception):
    """The root of the tree. `status` is the HTTP status a client sees; `code` a stable short name."""

    status: int = 500
    code: str = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigError(LimenError):
    """The configuration can't be served. `problems` holds each one, in the order of the file."""

    code = "invalid_configuration"

    def __init__(self, message: str, problems: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class StartError(LimenError):
    """The service can't be started, or a running one can't be reached. For operators; no client ever sees it."""

    code = "start_failed"


class ClientFault(LimenError):
    """The request can't be served as it is. `param` names the field at fault, if there is one."""

    status = 400
    code = "invalid_request"

    def __init__(self, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        if code is not None:
            self.code = code


class BadRequest(ClientFault):
    """The body, or a parameter in it, is wrong."""


class Forbidden(ClientFault):
    """The configuration does not allow what was asked."""

    status = 403
    code = "forbidden"


class NotFound(ClientFault):
    """No endpoint, route or model of that name."""

    status = 404
    code = "not_found"


class MethodNotAllowed(ClientFault):
    """The path exists, with another method."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, message: str, *, allow: str) -> None:
        super().__init__(message)
        self.allow = allow


class TooLarge(ClientFault):
    """The request body is larger than the configured limit."""

    status = 413
    code = "request_too_large"


class UnsupportedMediaType(ClientFault):
    """The request body is not JSON by its own declaration."""

    status = 415
    code = "unsupported_media_type"


class Unprocessable(ClientFault):
    """Well-formed JSON that this surface does not take."""

    status = 422
    code = "unprocessable"


class LimitExceeded(ClientFault):
    """A configured limit is used up. `retry_after` is in seconds."""

    status = 429
    code = "rate_limit_exceeded"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderFault(LimenError):
    """A provider failed. `kind` is the classification; see :class:`FaultKind`."""

    status = 502
    code = "provider_error"
    kind: FaultKind = FaultKind.TRANSPORT


class ProviderReply(ProviderFault):
    """The provider answered with an error of its own: status, headers and body as received.

    `shape` names the family of dialects that the body is written in, so that a client of that family gets it as it came.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        kind: FaultKind,
        body: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = (),
        provider_code: str | None = None,
        provider_type: str | None = None,
        param: str | None = None,
        shape: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.body = body
        self.headers = tuple(headers)
        self.provider_code = provider_code
        self.provider_type = provider_type
        self.param = param
        self.shape = shape


class TransportFault(ProviderFault):
    """No answer could be had: refused, reset, unreachable, TLS failure.

    `sent` is False while it is certain that the provider has seen no byte of the request.
    """

    kind = FaultKind.TRANSPORT
    code = "provider_unreachable"

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class TimeoutFault(ProviderFault):
    """A deadline passed. `phase` is one of pool, connect, first_byte, idle, total."""

    status = 504
    kind = FaultKind.TIMEOUT
    code = "provider_timeout"

    def __init__(self, message: str, *, phase: str) -> None:
        super().__init__(message)
        self.phase = phase


class CredentialFault(ProviderFault):
    """No credential to send: its issuer refused, or could not be reached. Not the caller's fault, so no 401."""

    kind = FaultKind.CREDENTIALS
    code = "provider_credentials"


class MalformedReply(ProviderFault):
    """What came back breaks HTTP or the provider's own dialect."""

    kind = FaultKind.MALFORMED
    code = "provider_malformed_reply"


class GatewayFault(LimenError):
    """Limen itself can't do it."""


class NotSupported(GatewayFault):
    """The endpoint's provider has no such operation."""

    status = 501
    code = "not_supported"


class Overloaded(GatewayFault):
    """Too much work in hand already. `retry_after` is in seconds."""

    status = 503
    code = "overloaded"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after
