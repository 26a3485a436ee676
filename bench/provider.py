"""The fake provider: an HTTP/1.1 server that does what the plan in each prompt says (`bench.plan`).

Cheap and deterministic: every answer is built once, and one timer writes the events of all streams, one event
to one write, so that a proxy reads them one by one. It must not hold state between requests.

    python -m bench.provider [--port 0]     prints the port that it listens on, then serves
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from typing import cast

import uvloop

from bench.http1 import MessageReader, chunk
from bench.plan import PLAN, Plan, answer_body, stream_events, usage_event

GATHER_PATIENCE = 20.0
"""Seconds that a gathering of streams waits for the missing ones before it goes on without them."""
SETTLE = 1.0
"""Seconds between the last stream of a gathering and the first event after it: time to read memory."""

_TICK = 0.001
_SHORT, _MOST_KNOWN = 4096, 256
_KNOWN: dict[bytes, bytes] = {}
_DONE = chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"
_STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)


class Stream:
    """One open stream: writes its next event when the metronome says so."""

    __slots__ = ("_frames", "_next", "cut", "gap", "transport")

    def __init__(self, transport: asyncio.Transport, plan: Plan, frames: list[bytes]) -> None:
        self.transport = transport
        self.gap = plan.gap
        self.cut = plan.cut
        self._frames = frames
        self._next = 0

    def beat(self) -> bool:
        """Write one frame; False when that was the last one."""
        if self.transport.is_closing():
            return False
        self._next += 1
        if self._next == self.cut:
            self.transport.abort()
            return False
        self.transport.write(self._frames[self._next - 1])
        return self._next < len(self._frames)


class Metronome:
    """The one timer behind all streams. It rests while there is none."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: defaultdict[int, list[Stream]] = defaultdict(list)
        self._waiting = 0
        self._turn = 0
        self._last = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: Stream) -> None:
        """Beat `stream` every `gap` ticks; streams are spread over the ticks of a gap, in turn."""
        if self._timer is None:
            self._last = self._now()
            self._timer = self._loop.call_later(_TICK, self._tick)
        self._turn += 1
        self._put(stream, self._last + 1 + self._turn % stream.gap)

    def _now(self) -> int:
        return int(time.monotonic() / _TICK)

    def _put(self, stream: Stream, tick: int) -> None:
        self._due[tick].append(stream)
        self._waiting += 1

    def _tick(self) -> None:
        now = self._now()
        for tick in range(self._last + 1, now + 1):
            for stream in self._due.pop(tick, ()):
                self._waiting -= 1
                if stream.beat():
                    # Counted from now, not from `tick`: a late timer must not send two events at once.
                    self._put(stream, now + stream.gap)
        self._last = now
        self._timer = self._loop.call_later(_TICK, self._tick) if self._waiting else None


class Gathering:
    """Holds streams until enough of them are open (or patience ends), then lets all go together."""

    def __init__(self, loop: asyncio.AbstractEventLoop, metronome: Metronome) -> None:
        self._loop = loop
        self._metronome = metronome
        self._held: list[Stream] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, stream: Stream, enough: int) -> None:
        """Hold `stream`, or release all when it completes the number `enough`."""
        if not self._held:
            self._timer = self._loop.call_later(GATHER_PATIENCE, self._release)
        self._held.append(stream)
        if len(self._held) < enough or self._timer is None:
            return
        # Streams of a gateway that gave up must not stand in for those that are still to come.
        self._held = [held for held in self._held if not held.transport.is_closing()]
        if len(self._held) >= enough:
            self._timer.cancel()
            self._timer = self._loop.call_later(SETTLE, self._release)

    def _release(self) -> None:
        held, self._held, self._timer = self._held, [], None
        for stream in held:
            self._metronome.add(stream)


class ProviderConnection(asyncio.Protocol):
    """One connection of a gateway, any number of requests after another."""

    def __init__(self, metronome: Metronome, gathering: Gathering) -> None:
        self._metronome = metronome
        self._gathering = gathering
        self._pieces: list[bytes] = []
        self._answers: list[bytes] = []
        self._head = b""
        self._reader = MessageReader(self._on_head, self._pieces.append, self._on_end, until_close=False)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Read requests; a framing error ends the connection through the event loop's own handler."""
        if len(data) > _SHORT or not self._reader.at_rest:
            self._reader.feed(data)
        elif data in _KNOWN:
            self._transport.write(_KNOWN[data])
        else:
            self._learn(data)

    def _learn(self, data: bytes) -> None:
        """Read `data`; if it is one whole request with a plain answer, remember the pair.

        Most gateways send the same bytes again and again. Not reading them anew keeps the provider cheap, so
        that the core it shares with the load generator can keep a fast gateway busy.
        """
        self._answers.clear()
        self._reader.feed(data)
        if self._reader.at_rest and len(self._answers) == 1:
            if len(_KNOWN) >= _MOST_KNOWN:
                _KNOWN.clear()
            _KNOWN[data] = self._answers[0]

    def _on_head(self, head: bytes) -> None:
        self._head = head
        if b"100-continue" in head:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _on_end(self) -> None:
        body = b"".join(self._pieces)
        self._pieces.clear()
        found = PLAN.search(body)
        if found is None or not self._head.startswith(b"post "):
            self._reply(_refusal("there is no plan in the prompt"))
            return
        plan = _plan(found[1])
        if not plan.events:
            self._reply(_answer(plan.size))
        elif _says(body, b"stream"):
            self._begin(plan, usage=_says(body, b"include_usage"))
        else:
            self._reply(_refusal("the plan has events, but `stream` is not true"))

    def _reply(self, answer: bytes) -> None:
        self._answers[:] = [*self._answers[-1:], answer]
        self._transport.write(answer)

    def _begin(self, plan: Plan, *, usage: bool) -> None:
        """The head and the first event leave at once: what a client waits for is then the gateway's share."""
        stream = Stream(self._transport, plan, _frames(plan, usage))
        self._transport.write(_STREAM_HEAD)
        stream.beat()
        if plan.gather:
            self._gathering.add(stream, plan.gather)
        else:
            self._metronome.add(stream)


def _says(body: bytes, key: bytes) -> bool:
    return b'"%b":true' % key in body or b'"%b": true' % key in body


def _refusal(why: str) -> bytes:
    return _plain(b"400 Bad Request", json.dumps({"error": {"message": why}}).encode())


def _plain(status: bytes, body: bytes) -> bytes:
    head = b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (status, len(body)) + body


@functools.lru_cache(maxsize=64)
def _plan(text: bytes) -> Plan:
    return Plan.read(text)


@functools.lru_cache(maxsize=64)
def _answer(size: int) -> bytes:
    return _plain(b"200 OK", answer_body(size))


@functools.lru_cache(maxsize=64)
def _frames(plan: Plan, usage: bool) -> list[bytes]:
    events = stream_events(plan) + ([usage_event()] if usage else [])
    return [chunk(event) for event in events] + [_DONE]


async def serve(port: int, announce: Callable[[int], None]) -> None:
    """Listen on 127.0.0.1:`port` (0: a free one), tell `announce` the port, serve until cancelled."""
    loop = asyncio.get_running_loop()
    metronome = Metronome(loop)
    gathering = Gathering(loop, metronome)
    server = await loop.create_server(lambda: ProviderConnection(metronome, gathering), "127.0.0.1", port, backlog=4096)
    async with server:
        announce(server.sockets[0].getsockname()[1])
        await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m bench.provider", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    uvloop.run(serve(port, functools.partial(print, flush=True)))


if __name__ == "__main__":
    main()
