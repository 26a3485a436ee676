"""One credential, kept fresh. The clock and the timer are the test's own."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable

import msgspec
import pytest

from limen.credentials.kept import FETCH_SECONDS, LATE, MOST_EARLY, STEADY, Kept, call_later
from limen.errors import CredentialFault, FaultKind
from limen.model.secret import Secret


class Pass(msgspec.Struct, frozen=True):
    """What is kept here."""

    number: int
    expires: float | None


class Called:
    """A call that waits for its time."""

    def __init__(self, delay: float, callback: Callable[[], None]) -> None:
        self.delay, self.callback, self.cancelled = delay, callback, False

    def cancel(self) -> None:
        self.cancelled = True


class Issuer:
    """Gives passes with a life of `life` seconds, or fails; holds the time."""

    def __init__(self, life: float | None = 3600.0) -> None:
        self.now, self.life, self.given = 1000.0, life, 0
        self.calls: list[Called] = []
        self.failure: Exception | None = None
        self.gate: asyncio.Event | None = None

    async def fetch(self) -> Pass:
        self.given += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return Pass(self.given, None if self.life is None else self.now + self.life)

    def later(self, delay: float, callback: Callable[[], None]) -> Called:
        self.calls.append(Called(delay, callback))
        return self.calls[-1]

    def kept(self, *secrets: Secret) -> Kept[Pass]:
        return Kept("a pass", self.fetch, secrets, clock=lambda: self.now, later=self.later)


async def test_the_first_who_asks_waits_and_the_next_do_not() -> None:
    """Nothing is there at first; then the same credential serves until it expires."""
    issuer = Issuer()
    kept = issuer.kept()
    assert kept.current() is None
    first = await kept.obtain()
    assert kept.current() is first
    assert await kept.obtain() is first
    assert issuer.given == 1


async def test_many_who_ask_share_one_fetch() -> None:
    """A hundred requests at a cold start are one call to the issuer."""
    issuer = Issuer()
    kept = issuer.kept()
    assert {value.number for value in await asyncio.gather(*(kept.obtain() for _ in range(100)))} == {1}
    assert issuer.given == 1


async def test_one_who_leaves_does_not_end_the_fetch() -> None:
    """A client that hangs up does not take the credential from the others."""
    issuer = Issuer()
    issuer.gate = asyncio.Event()
    kept = issuer.kept()
    leaving, staying = asyncio.ensure_future(kept.obtain()), asyncio.ensure_future(kept.obtain())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    leaving.cancel()
    issuer.gate.set()
    assert (await staying).number == 1
    assert leaving.cancelled()


@pytest.mark.parametrize(("life", "wait"), [(3600.0, 2700.0), (900.0, 675.0), (86400.0, 86400.0 - MOST_EARLY)])
async def test_it_is_fetched_again_well_before_it_expires(life: float, wait: float) -> None:
    """In the last quarter of its life, and never later than that, the next one is fetched without anybody asking."""
    issuer = Issuer(life)
    kept = issuer.kept()
    await kept.obtain()
    (timer,) = issuer.calls
    assert timer.delay == wait
    issuer.now += wait
    timer.callback()
    await kept.refresh()
    assert kept.current() == Pass(2, issuer.now + life)


async def test_it_is_not_given_out_in_its_last_seconds() -> None:
    """What is sent must still be valid when it arrives."""
    issuer = Issuer(100.0)
    kept = issuer.kept()
    await kept.obtain()
    issuer.now += 100.0 - LATE - 0.1
    assert kept.current() is not None
    issuer.now += 0.1
    assert kept.current() is None


async def test_what_does_not_expire_is_fetched_once() -> None:
    """No timer, no end."""
    issuer = Issuer(None)
    kept = issuer.kept()
    await kept.obtain()
    issuer.now += 1e9
    assert kept.current() is not None
    assert not issuer.calls


async def test_a_failed_refresh_leaves_what_is_valid_and_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """While the old credential is valid, an issuer that is away for a while is noticed by the log alone."""
    caplog.set_level(logging.WARNING)
    issuer = Issuer()
    kept = issuer.kept()
    await kept.obtain()
    issuer.failure = OSError("the issuer is away")
    issuer.now += 2700
    waits = []
    for _ in range(8):
        issuer.calls[-1].callback()
        await kept.refresh()
        waits.append(issuer.calls[-1].delay)
    assert kept.current() == Pass(1, 4600.0)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert "the issuer is away" in caplog.text


async def test_a_failure_is_told_to_all_who_wait_and_not_repeated_at_once() -> None:
    """A thousand requests in a second are not a thousand calls to an issuer that fails; it is asked again soon."""
    issuer = Issuer()
    issuer.failure = OSError("refused")
    kept = issuer.kept()
    for _ in range(5):
        with pytest.raises(CredentialFault, match=r"a pass.*OSError: refused") as caught:
            await kept.obtain()
        assert (caught.value.status, caught.value.kind) == (502, FaultKind.CREDENTIALS)
    assert issuer.given == 1
    issuer.failure = None
    issuer.now += 1
    assert (await kept.obtain()).number == 2


async def test_no_message_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """An issuer that repeats the secret in its error does not bring it into an answer or the log."""
    issuer = Issuer()
    issuer.failure = CredentialFault("wrong password hunter2\nfor you")
    kept = issuer.kept(Secret("hunter2"), Secret(""))
    with pytest.raises(CredentialFault, match=r"wrong password \*+ for you") as caught:
        await kept.obtain()
    assert "hunter2" not in caught.value.message + caplog.text + repr(kept)


async def test_an_expired_credential_is_a_failure() -> None:
    """A clock that is wrong is said to be so, rather than asked about without end."""
    issuer = Issuer(LATE)
    with pytest.raises(CredentialFault, match="clock"):
        await issuer.kept().obtain()


async def test_a_fetch_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request waits for ever for an issuer that is silent."""
    monkeypatch.setattr("limen.credentials.kept.FETCH_SECONDS", 0.01)
    issuer = Issuer()
    issuer.gate = asyncio.Event()
    with pytest.raises(CredentialFault, match="nothing came in"):
        await issuer.kept().obtain()
    assert FETCH_SECONDS > 1


async def test_a_rejected_credential_is_replaced_in_the_background() -> None:
    """After a provider's 401 another is fetched; not more often than it may help."""
    issuer = Issuer()
    kept = issuer.kept()
    await kept.obtain()
    kept.reject()
    assert issuer.given == 1, "it is fresh: another would be refused too"
    issuer.now += STEADY
    kept.reject()
    kept.reject()
    await kept.refresh()
    assert kept.current() == Pass(2, issuer.now + 3600)
    kept.reject()
    assert issuer.given == 2


async def test_nobody_s_credential_is_not_refreshed() -> None:
    """The timer does not keep alive what no snapshot holds any more."""
    issuer = Issuer()
    kept = issuer.kept()
    await kept.obtain()
    del kept
    gc.collect()
    issuer.calls[-1].callback()
    await asyncio.sleep(0)
    assert issuer.given == 1


async def test_stopping_ends_the_timer_and_the_fetch() -> None:
    """After the worker's end nothing is fetched."""
    issuer = Issuer()
    kept = issuer.kept()
    await kept.obtain()
    issuer.gate = asyncio.Event()
    waiting = kept.refresh()
    assert issuer.calls[-1].cancelled
    await kept.stop()
    assert waiting.cancelled()
    await kept.stop()


async def test_later_is_the_event_loop_s() -> None:
    """By default the running loop keeps the time."""
    done = asyncio.Event()
    call_later(0, done.set)
    await done.wait()
