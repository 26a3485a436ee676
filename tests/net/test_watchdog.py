"""The one timer: it fires in time, never spins, and rests when there is nothing to watch."""

from __future__ import annotations

import asyncio

from limen.net.deadlines import NEVER
from limen.net.watchdog import GRAIN, Watchdog


class Egg:
    """Something that is due once."""

    def __init__(self, due: float) -> None:
        self.due = due
        self.checks = 0
        self.rang = asyncio.Event()

    def check(self, now: float) -> float:
        self.checks += 1
        if now < self.due:
            return self.due
        self.rang.set()
        return NEVER


async def test_each_deadline_is_met_and_then_it_rests() -> None:
    """Deadlines that were not armed for themselves are found by the ticks of others."""
    loop = asyncio.get_running_loop()
    eggs = [Egg(loop.time() + delay) for delay in (0.12, 0.04, 0.08)]
    watchdog = Watchdog(loop, lambda: eggs)
    watchdog.arm(eggs[1].due)
    async with asyncio.timeout(5):
        await asyncio.gather(*(egg.rang.wait() for egg in eggs))
    assert watchdog.next == NEVER


async def test_a_sooner_deadline_moves_the_timer_a_later_one_does_not() -> None:
    """The timer stands at the soonest time it was armed for."""
    loop = asyncio.get_running_loop()
    watchdog = Watchdog(loop, list)
    now = loop.time()
    for delay, expected in ((50, 50), (90, 50), (20, 20)):
        watchdog.arm(now + delay)
        assert watchdog.next == now + expected
    assert repr(watchdog).startswith("<Watchdog next in ")
    watchdog.stop()
    assert watchdog.next == NEVER


async def test_close_deadlines_share_a_tick() -> None:
    """Many deadlines a moment apart cost a bounded number of ticks."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    eggs = [Egg(start + 0.02 + n * 0.0001) for n in range(1000)]
    watchdog = Watchdog(loop, lambda: eggs)
    watchdog.arm(eggs[0].due)
    async with asyncio.timeout(10):
        await asyncio.gather(*(egg.rang.wait() for egg in eggs))
    assert eggs[-1].checks <= (loop.time() - start) / GRAIN + 2
