"""The listening sockets: opened once, by the supervisor, and shared by all workers.

One queue for all workers means that a worker may die or leave and no connection is lost with it: whoever is left accepts it.
"""

from __future__ import annotations

import array
import contextlib
import errno
import os
import socket
import struct
import sys
from collections.abc import Sequence
from typing import Any

from limen.errors import StartError

BACKLOG = 2048
MAX_PORT = 65535
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

# Linux: <asm-generic/socket.h>, <linux/filter.h>. A socket filter sees the segment from its TCP header on; byte 13 has the flags.
_SO_ATTACH_FILTER = 26
_FLAGS, _SYN, _SYN_OR_ACK = 13, 0x02, 0x12
_DROP_SYN = (
    (0x30, 0, 0, _FLAGS),  # load the byte of flags
    (0x54, 0, 0, _SYN_OR_ACK),  # keep SYN and ACK
    (0x15, 0, 1, _SYN),  # SYN alone: someone new
    (0x06, 0, 0, 0),  # drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # let all else through
)


def open_listeners(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that `host` stands for. Port 0 takes a free one, the same on all of them.

    Raises StartError, in one line, if the port is taken or the host is none of this machine's.
    """
    host = host.strip("[]")
    if not 0 <= port <= MAX_PORT:
        raise StartError(f"can't listen on port {port}: ports go from 0 (any free one) to {MAX_PORT}")
    listeners: list[socket.socket] = []
    absent: OSError | None = None
    try:
        for family, address in _addresses(host):
            try:
                listeners.append(_listen(family, (address[0], port, *address[2:]), both=host == "::"))
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                absent = error  # may be left out if another is there, as ::1 on a machine without IPv6
            else:
                port = listeners[0].getsockname()[1]
        if absent is not None and not listeners:
            raise absent
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise StartError(_refusal(host, port, error)) from error
    return listeners


def _addresses(host: str) -> Sequence[tuple[int, tuple[Any, ...]]]:
    try:
        found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartError(
            f"can't listen on host {host!r}: no such host; use 127.0.0.1, 0.0.0.0 or a name of this machine"
        ) from error
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listen(family: int, address: tuple[Any, ...], *, both: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if both else 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener


def _refusal(host: str, port: int, error: OSError) -> str:
    where = f"can't listen on {authority(host, port)}"
    match error.errno:
        case errno.EADDRINUSE:
            return f"{where}: the port is in use; stop what uses it, or choose another with --port"
        case errno.EACCES:
            return f"{where}: permission denied; ports below 1024 need a privilege, choose another with --port"
        case errno.EADDRNOTAVAIL:
            return f"{where}: this machine has no such address; use 127.0.0.1, 0.0.0.0 or one of its own"
        case _:
            return f"{where}: {os.strerror(error.errno) if error.errno else error}"


def authority(host: str, port: int) -> str:
    """`host:port` as URLs have it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def hold_newcomers(listener: socket.socket) -> None:
    """From now on the kernel ignores new connection attempts, while handshakes that have begun still complete.

    This closes the gap between the last `accept` and `close`, in which a connection would be established and then reset.
    A client that is held tries again a second later and finds the port closed, or the next gateway. Where the system has no
    such filter the gap stays, some microseconds wide.
    """
    if sys.platform != "linux":
        return
    code = array.array("B", b"".join(struct.pack("=HBBI", *instruction) for instruction in _DROP_SYN))
    program = struct.pack("@HP", len(_DROP_SYN), code.buffer_info()[0])
    with contextlib.suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
