"""A reply's bytes become its head and the parts of its body, or a fault. Pure: whoever subclasses it does the I/O.

Knows where one reply ends, and which bytes belong to none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from limen.errors import MalformedReply, ProviderFault
from limen.net.framing import Fields, check_interim, check_transfer_encoding, check_version, ends_with_connection
from limen.net.settings import NetSettings

# The states of a connection, in order. Plain integers: an enum's attribute look-up is dear where these are used.
CLOSED: Final = 0  # gone, or being torn down; nothing that happens matters any more
IDLE: Final = 1  # in the pool
RESERVED: Final = 2  # just opened, or handed to a request that waited and has not run yet
HEAD: Final = 3  # a request is out, its reply's head is not all here
BODY: Final = 4  # the reply's reader has the head; more is to come
DONE: Final = 5  # the reply is complete; only while the bytes that completed it are being parsed

STATE_NAMES: Final = ("closed", "idle", "reserved", "waiting", "reading", "done")
MAX_INTERIM_REPLIES: Final = 16


class ReplyParser:
    """Parses one reply after another, each from state HEAD over BODY to DONE."""

    __slots__ = (
        "_barren",
        "_by_eof",
        "_count",
        "_feed",
        "_fields",
        "_interims",
        "_keep",
        "_parser",
        "_settings",
        "head_only",
        "name",
        "on_body",
        "parts",
        "state",
    )

    on_body: Callable[[bytes], None]
    _parser: HttpResponseParser
    _feed: Callable[[bytes], None]

    def __init__(self, name: str, settings: NetSettings) -> None:
        self.name = name
        self.state = RESERVED
        self.head_only = False  # the request under way is a HEAD
        self._settings = settings
        self._fields: Fields = []
        self.parts: list[bytes] = []  # of the body, that nobody has taken
        # The parser takes its callbacks from attributes; `append` itself, rather than a method, saves a call a piece.
        self.on_body = self.parts.append
        self._parser = HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._barren = 0  # bytes in a row that brought no body: heads, chunk lines, trailers
        self._count = 0  # parts there were after the last segment
        self._interims = 0
        self._by_eof = False  # only the connection's end ends the body
        self._keep = False  # the connection can carry another request

    def _deliver(self, status: int, fields: Fields) -> None:
        """The head is complete. Moves the state to BODY."""
        raise AssertionError("a subclass delivers")

    def _count_barren(self, size: int) -> MalformedReply | None:
        """Bytes came that brought no body. Returns a fault once there are too many of them."""
        self._barren += size
        limit = self._settings.max_head_bytes
        if self._barren <= limit:
            return None
        return MalformedReply(f"{self.name}: more than {limit} bytes of head, chunk line or trailer")

    def _judge(self, exc: HttpParserError | HttpParserUpgrade) -> ProviderFault:
        """The fault behind what the parser raised: one from the methods below, or its own."""
        cause = exc.__context__
        return cause if isinstance(cause, ProviderFault) else MalformedReply(f"{self.name}: not valid HTTP: {exc}")

    # -- the parser's events ----------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self.state != HEAD:
            raise MalformedReply(f"{self.name}: a reply that nobody asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        fields = self._fields
        self._fields = []
        if len(fields) > self._settings.max_headers:
            raise MalformedReply(f"{self.name}: more than {self._settings.max_headers} headers")
        if status < 200:
            self._pass_interim(status, fields)
            return
        self._keep = self._parser.should_keep_alive()
        if not self._keep:
            check_version(self.name, self._parser.get_http_version())
            self._by_eof = ends_with_connection(status, fields)
        for name, _ in fields:
            if name == b"transfer-encoding":
                check_transfer_encoding(self.name, fields)
                # RFC 9112, section 6.1: such a reply from HTTP/1.0 may have been garbled on its way.
                self._keep = self._keep and self._parser.get_http_version() == "1.1"
                break
        self._deliver(status, fields)
        if self.head_only:
            # The parser can't be told that no body follows, so it is stopped, and its connection not used again.
            self.state = DONE
            raise MalformedReply(f"{self.name}: the end of a reply to HEAD")

    def on_message_complete(self) -> None:
        # In state HEAD it was an interim reply.
        if self.state == BODY:
            self.state = DONE

    def _pass_interim(self, status: int, fields: Fields) -> None:
        check_interim(self.name, status, fields)
        self._interims += 1
        if self._interims > MAX_INTERIM_REPLIES:
            raise MalformedReply(f"{self.name}: more than {MAX_INTERIM_REPLIES} interim replies")
