"""The load generator: a fixed number of keep-alive connections, each asking again as soon as it is answered.

A process of its own, started once for each measurement. It reads the CPU time of the gateway's tree itself, at
the moments at which it begins and ends to count, so both sides of "CPU per request" speak of the same window.

    python -m bench.load '{"port": 8080, "connections": 32, "seconds": 2}'     prints one line of JSON
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import cast

import uvloop

from bench.answers import FullAnswer, StreamAnswer
from bench.http1 import FramingError, MessageReader
from bench.plan import Plan, request_body
from bench.process_tree import ProcessTree

_RAMP = 32
"""Connections opened at once; the next so many follow 10 ms later, to spare the gateway's backlog."""


@dataclass(frozen=True)
class Load:
    """What to do. Counts for `seconds` after `warmup`, or, with `requests` > 0, until so many are answered.

    `request_size`: bytes to pad the request to. `watch`: root of the process tree to account for, 0 for none.
    `done`: whether a stream must end with `[DONE]`. `patience`: seconds for everything, before giving up.
    With `plan.gather`, each connection holds one stream, and counting begins when all are open.
    """

    port: int
    path: str = "/v1/chat/completions"
    model: str = "fake"
    connections: int = 1
    plan: Plan = field(default_factory=Plan)
    request_size: int = 0
    seconds: float = 1.0
    warmup: float = 0.0
    requests: int = 0
    watch: int = 0
    done: bool = True
    patience: float = 60.0

    @classmethod
    def from_json(cls, text: str) -> Load:
        """The load that `to_json` wrote."""
        fields = json.loads(text)
        return cls(**fields | {"plan": Plan(**fields.get("plan", {}))})

    def to_json(self) -> str:
        """This load as JSON."""
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Outcome:
    """What came of it, in the counted window. Seconds and bytes; `waits` are in milliseconds.

    A wait is the time to a whole answer, or to the first event of a stream. The waits of streams, `lost`,
    `misplaced` and `errors` count from the first request on, not only in the window.
    """

    seconds: float
    requests: int
    events: int
    p50: float
    p99: float
    cpu: float
    memory: int
    memory_before: int
    open_streams: int
    lost: int
    misplaced: int
    errors: dict[str, int]

    @classmethod
    def from_json(cls, text: str) -> Outcome:
        """The outcome that `to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """This outcome as JSON, on one line."""
        return json.dumps(asdict(self))


class Generator:
    """Runs one load. Its connections report here; here stand the counters and the window."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.request = _request(load)
        self.good_answer = b""
        self.errors: Counter[str] = Counter()
        self._loop = asyncio.get_running_loop()
        self._tree = ProcessTree(load.watch) if load.watch else None
        self._finished = asyncio.Event()
        self._clients: list[Client] = []
        self._reconnecting: set[asyncio.Task[None]] = set()
        self._begun = 0.0
        self._cpu = 0.0
        self._memory_before = self._memory_begin = self._memory()
        self._asked = self._answered = self._requests = self._events = 0
        self._open = self._most_open = 0
        self._waits: list[float] = []

    async def run(self) -> Outcome:
        """Ramp up, count, stop."""
        load = self.load
        if load.warmup:
            self._loop.call_later(load.warmup, self._begin)
        elif not load.plan.gather:
            self._begin()
        try:
            async with asyncio.timeout(load.patience):
                await self._ramp()
                await self._finished.wait()
        except TimeoutError:
            self.errors["out of patience"] += 1
        outcome = self._outcome()
        for client in self._clients:
            client.close()
        return outcome

    def may_ask(self) -> bool:
        """Whether one more request is wanted; it counts as asked."""
        bounded = self.load.requests > 0
        wanted = not self._finished.is_set() and not (bounded and self._asked >= self.load.requests)
        self._asked += wanted
        return wanted

    def on_connected(self, client: Client) -> None:
        """`client` has its connection."""
        self._clients.append(client)

    def on_wait(self, seconds: float) -> None:
        """An answer came, or the first event of one."""
        self._waits.append(seconds)

    def on_opened(self) -> None:
        """A stream gave its first event."""
        self._open += 1
        self._most_open = max(self._most_open, self._open)
        if self.load.plan.gather and self._open >= self.load.connections:
            self._begin()

    def on_events(self, count: int, last: int) -> None:
        """So many events arrived, up to number `last` of their stream."""
        self._events += count
        if last > 1 and not self._begun and self.load.plan.gather:
            self._begin()  # the provider has stopped waiting for streams that never opened

    def on_answer(self, fault: str, *, was_open: bool) -> None:
        """A request is over, for better or (`fault`) worse."""
        self._open -= was_open
        if fault:
            self.errors[fault] += 1
        else:
            self._requests += 1
        self._answered += 1
        if self._answered == self.load.requests:
            self._finished.set()

    async def connect(self, delay: float = 0.0) -> None:
        """Open one more connection, after `delay` seconds; it asks by itself."""
        await asyncio.sleep(delay)
        if self._finished.is_set():
            return
        try:
            await self._loop.create_connection(lambda: Client(self), "127.0.0.1", self.load.port)
        except OSError as error:
            self.errors[f"connect: {error.strerror or error}"] += 1
            self.reconnect()

    def reconnect(self) -> None:
        """Replace a connection that is gone; not at once, so that a dead gateway is not a busy loop."""
        if not self._finished.is_set():
            task = self._loop.create_task(self.connect(0.01))
            self._reconnecting.add(task)  # the event loop itself keeps only a weak reference
            task.add_done_callback(self._reconnecting.discard)

    async def _ramp(self) -> None:
        for number in range(self.load.connections):
            if number and number % _RAMP == 0:
                await asyncio.sleep(0.01)
            await self.connect()

    def _memory(self) -> int:
        return self._tree.memory().total if self._tree else 0

    def _begin(self) -> None:
        if self._begun:
            return
        self._memory_begin = self._memory()
        self._requests = self._events = 0
        if not self.load.plan.events:
            self._waits.clear()  # those of streams stay: a long one may have begun before the window
        if not self.load.requests:
            self._loop.call_later(self.load.seconds, self._finished.set)
        self._cpu = self._tree.cpu() if self._tree else 0.0
        self._begun = time.perf_counter()

    def _outcome(self) -> Outcome:
        ended = time.perf_counter()
        cpu = self._tree.cpu() - self._cpu if self._tree else 0.0
        waits = sorted(self._waits)
        return Outcome(
            seconds=ended - (self._begun or ended),
            requests=self._requests,
            events=self._events,
            p50=_percentile(waits, 0.50) * 1000,
            p99=_percentile(waits, 0.99) * 1000,
            cpu=cpu,
            memory=self._memory_begin if self.load.plan.gather else self._memory(),
            memory_before=self._memory_before,
            open_streams=self._most_open,
            lost=sum(client.answer.lost for client in self._clients),
            misplaced=sum(client.answer.misplaced for client in self._clients),
            errors=dict(self.errors),
        )


class Client(asyncio.Protocol):
    """One connection: asks, reads, judges, asks again."""

    def __init__(self, generator: Generator) -> None:
        load = generator.load
        self.answer: FullAnswer | StreamAnswer = (
            StreamAnswer(load.plan, self._on_events, expects_done=load.done)
            if load.plan.events
            else FullAnswer(load.plan)
        )
        self._generator = generator
        self._streamed = load.plan.events > 0
        self._reader = MessageReader(self._on_head, self.answer.feed, self._on_end, until_close=True)
        self._transport: asyncio.Transport
        self._status = b""
        self._fault = ""
        self._asked = 0.0
        self._waiting = self._opened = self._last_answer = self._closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first question."""
        self._transport = cast(asyncio.Transport, transport)
        self._generator.on_connected(self)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Read; bytes that are not HTTP end the connection.

        A read that equals a whole answer found good before is good too. That is what makes this generator
        cheap enough to keep nginx busy; a proxy that idles half its time costs more for each request.
        """
        rested = self._reader.at_rest
        if rested and data == self._generator.good_answer:
            self._on_good_answer()
            return
        self._fault = "unfinished"
        try:
            self._reader.feed(data)
        except FramingError:
            self._transport.abort()
        if rested and not self._fault and not self._streamed and self._reader.at_rest:
            self._generator.good_answer = data

    def connection_lost(self, exc: Exception | None) -> None:
        """Whatever was not answered is an error; another connection takes over."""
        if self._closed:
            return
        self._reader.feed_eof()
        if self._waiting:
            self.answer.finish()
            self._finish("connection lost")
        self._generator.reconnect()

    def close(self) -> None:
        """Leave, without counting what is under way."""
        self._closed = True
        self._transport.abort()

    def _ask(self) -> None:
        if self._generator.may_ask():
            self._waiting, self._opened = True, False
            self._asked = time.perf_counter()
            self._transport.write(self._generator.request)

    def _on_head(self, head: bytes) -> None:
        self._status = head[9:12]
        self._last_answer = b"\r\nconnection: close" in head

    def _on_events(self, count: int, last: int) -> None:
        self._generator.on_events(count, last)
        if not self._opened:
            self._opened = True
            self._generator.on_wait(time.perf_counter() - self._asked)
            self._generator.on_opened()

    def _on_end(self) -> None:
        if self._status != b"200":
            self.answer.forget()
            self._finish(f"status {self._status.decode(errors='replace')}")
        elif fault := self.answer.finish():
            self._finish(fault)
        elif self._streamed:
            self._finish("")
        else:
            self._on_good_answer()
            return
        self._go_on()

    def _on_good_answer(self) -> None:
        self._generator.on_wait(time.perf_counter() - self._asked)
        self._finish("")
        self._go_on()

    def _finish(self, fault: str) -> None:
        self._waiting = False
        self._fault = fault
        self._generator.on_answer(fault, was_open=self._opened)

    def _go_on(self) -> None:
        if self._last_answer:
            self._transport.close()
        else:
            self._ask()


def _request(load: Load) -> bytes:
    body = request_body(load.plan, load.model, load.request_size)
    head = (
        f"POST {load.path} HTTP/1.1\r\nhost: 127.0.0.1:{load.port}\r\nauthorization: Bearer sk-client\r\n"
        f"content-type: application/json\r\naccept: */*\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _percentile(ordered: list[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


async def generate(load: Load) -> Outcome:
    """Run `load` in the running event loop."""
    return await Generator(load).run()


def main() -> None:
    """Run the load given as JSON on the command line; print its outcome as JSON."""
    outcome = uvloop.run(generate(Load.from_json(sys.argv[1])))
    print(outcome.to_json())


if __name__ == "__main__":
    main()
