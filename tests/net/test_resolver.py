"""Names to addresses: the cache, and what it must not keep."""

from __future__ import annotations

import asyncio
import socket

import pytest

from limen.errors import TransportFault
from limen.net.resolver import MAX_ENTRIES, Address, Resolver, _in_turn
from net.hostile import cancelled


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", Address(socket.AF_INET, ("127.0.0.1", 80))),
        ("::1", Address(socket.AF_INET6, ("::1", 80, 0, 0))),
    ],
)
async def test_literals_are_not_looked_up(host: str, address: Address) -> None:
    """An address is its own answer."""
    resolver = Resolver(30)
    assert await resolver.resolve(host, 80) == [address]
    assert repr(resolver) == "<Resolver 0 cached, 0 running>"


async def test_answers_are_kept_for_their_time() -> None:
    """The same answer serves until the time is over; `forget` ends it sooner."""
    resolver = Resolver(30)
    first = await resolver.resolve("localhost", 80)
    assert {address.target[0] for address in first} <= {"127.0.0.1", "::1"}
    assert await resolver.resolve("localhost", 80) is first
    resolver.forget("localhost", 80)
    assert await resolver.resolve("localhost", 80) is not first


async def test_no_time_no_cache() -> None:
    """With a time of nothing each request looks the name up."""
    resolver = Resolver(0)
    assert await resolver.resolve("localhost", 80) is not await resolver.resolve("localhost", 80)


async def test_one_look_up_for_many() -> None:
    """Requests that come while a name is being resolved share the answer; a cancelled one takes it from nobody."""
    resolver = Resolver(30)
    tasks = [asyncio.create_task(resolver.resolve("localhost", 80)) for _ in range(5)]
    await asyncio.sleep(0)
    assert repr(resolver) == "<Resolver 0 cached, 1 running>"
    await cancelled(tasks.pop(0))
    answers = await asyncio.gather(*tasks)
    assert all(answer is answers[0] for answer in answers)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".test", ""])
async def test_names_without_an_address(host: str) -> None:
    """A name that can't be resolved is a fault with nothing sent, asked anew the next time."""
    resolver = Resolver(30)
    for _ in range(2):
        with pytest.raises(TransportFault, match=r"can't be resolved|no address") as caught:
            await resolver.resolve(host, 80)
        assert not caught.value.sent
    assert repr(resolver) == "<Resolver 0 cached, 0 running>"


async def test_failure_that_nobody_waits_for_is_quiet() -> None:
    """If every asker is cancelled, a failed look-up is not reported as an exception that nobody fetched."""
    resolver = Resolver(30)
    task = asyncio.create_task(resolver.resolve("no-such-host.invalid", 80))
    await asyncio.sleep(0)
    await cancelled(task)
    resolver.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert repr(resolver) == "<Resolver 0 cached, 0 running>"


async def test_cache_is_bounded() -> None:
    """Old answers make room for new ones."""
    resolver = Resolver(30)
    for port in range(1, MAX_ENTRIES + 1):
        resolver._answers[("x", port)] = (0.0, [])
    await resolver.resolve("localhost", 80)
    assert len(resolver._answers) == MAX_ENTRIES


def test_families_take_turns() -> None:
    """The system's first family leads, the other one follows, address by address."""
    four = [Address(socket.AF_INET, ("10.0.0.1", n)) for n in range(3)]
    six = [Address(socket.AF_INET6, ("fd00::1", n, 0, 0)) for n in range(2)]
    assert _in_turn([*six, *four]) == [six[0], four[0], six[1], four[1], four[2]]
    assert _in_turn(four) == four
    assert _in_turn([]) == []
