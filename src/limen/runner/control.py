"""What supervisor and worker tell each other, and its framing: a four-byte length, then JSON.

Pure: bytes in, messages out. The sockets belong to `process` (the supervisor's end) and `worker`.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

_LENGTH: Final = struct.Struct("!I")


class Serve(msgspec.Struct, frozen=True, tag="serve"):
    """To a worker: serve this content. `text` is None where there is no file; answered with `Reloaded` or `Refused`."""

    number: int
    text: str | None
    source: str | None


class ConfigFailed(msgspec.Struct, frozen=True, tag="config_failed"):
    """To a worker: a newer configuration was refused, for this reason."""

    message: str


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """To a worker: the whole service stops; finish what is in hand and exit."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From a worker: it accepts connections."""

    digest: str


class Reloaded(msgspec.Struct, frozen=True, tag="reloaded"):
    """From a worker: it serves the content that `Serve` number `number` brought."""

    number: int
    digest: str


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """From a worker: it can't serve that content, and goes on with what it had."""

    number: int
    message: str


class Leaving(msgspec.Struct, frozen=True, tag="leaving"):
    """From a worker: somebody told it, and it alone, to stop; it accepts no more."""


Order = Serve | ConfigFailed | Drain
Report = Ready | Reloaded | Refused | Leaving

_decoder: Final = msgspec.json.Decoder(Order | Report)


def frame(message: Order | Report) -> bytes:
    """One message, as it goes over the socket."""
    body = msgspec.json.encode(message)
    return _LENGTH.pack(len(body)) + body


class Unframer:
    """Turns the bytes of one direction back into messages, however they were split."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Order | Report]:
        """Every message that is complete now."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                break
            messages.append(_decoder.decode(self._buffer[_LENGTH.size : end]))
            del self._buffer[:end]
        return messages
