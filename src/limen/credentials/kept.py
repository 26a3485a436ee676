"""`Kept`: one credential, fetched once for all who need it, and again in the background well before it expires.

Knows nothing of what it keeps but when it expires. Lives as long as somebody holds it: its timer does not.
"""

from __future__ import annotations

import asyncio
import logging
import math
import weakref
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from limen.errors import CredentialFault, LimenError
from limen.model.secret import MASK, Secret

FETCH_SECONDS = 30.0  # for one fetch, all its retries and look-ups included
EARLY = 0.25  # the last quarter of its life is time to get the next one,
MOST_EARLY = 900.0  # but no more than 15 minutes of it
LATE = 5.0  # a request that leaves now must still arrive with a valid credential
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 60.0  # between two fetches
SHORTEST_SECRET = 4  # what is shorter is in every second word
STEADY = 30.0  # a credential as young as this was not refused for its age

_log = logging.getLogger("limen.credentials")


class Expiring(Protocol):
    """A credential."""

    @property
    def expires(self) -> float | None:
        """In seconds since 1970; None if it does not expire."""


class Timer(Protocol):
    """What can be called off."""

    def cancel(self) -> None:
        """Call it off."""


T = TypeVar("T", bound=Expiring)
Clock = Callable[[], float]
Later = Callable[[float, Callable[[], None]], Timer]


def call_later(delay: float, callback: Callable[[], None]) -> Timer:
    """Have the running event loop call `callback` in `delay` seconds."""
    return asyncio.get_running_loop().call_later(delay, callback)


class Kept(Generic[T]):
    """A :class:`limen.providers.credentials.CredentialSource` over `fetch`.

    `name` says in messages what is fetched, and `secrets` are kept out of them. `clock` counts seconds since 1970.
    """

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Awaitable[T]],
        secrets: Iterable[Secret] = (),
        *,
        clock: Clock,
        later: Later = call_later,
    ) -> None:
        self._name = name
        self._fetch = fetch
        self._secrets = tuple(secrets)
        self._clock = clock
        self._later = later
        self._value: T | None = None
        self._valid_until = -math.inf
        self._since = -math.inf
        self._failures = 0
        self._why = ""
        self._retry_at = -math.inf
        self._fetching: asyncio.Task[None] | None = None
        self._timer: Timer | None = None

    def __repr__(self) -> str:
        return f"<Kept {self._name}: {'valid' if self.current() else 'nothing valid'}>"

    def current(self) -> T | None:
        """The credential, if it is valid now."""
        return self._value if self._clock() < self._valid_until else None

    async def obtain(self) -> T:
        """The credential; all who wait share one fetch, and one who leaves does not end it. CredentialFault if it fails.

        For a moment after a failure the same failure is given at once, so that many requests are not as many fetches.
        """
        value = self.current()
        if value is None:
            if self._fetching is not None or self._clock() >= self._retry_at:
                await asyncio.shield(self.refresh())
            value = self.current()
        if value is None:
            raise CredentialFault(f"no credentials could be obtained ({self._name}): {self._why}")
        return value

    def reject(self) -> None:
        """Fetch another in the background, unless this one is fresh."""
        if self._clock() - self._since >= STEADY:
            self._since = self._clock()
            self.refresh()

    def refresh(self) -> asyncio.Task[None]:
        """Begin a fetch, or join the one under way. The task never fails: how it went is kept."""
        if self._fetching is None:
            self._stop_timer()
            self._fetching = asyncio.get_running_loop().create_task(self._refresh())
        return self._fetching

    async def _refresh(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                value = await self._fetch()
        except Exception as error:  # A vendor's library may raise anything.
            self._failed(error)
        else:
            self._take(value)
        finally:
            self._fetching = None

    def _take(self, value: T) -> None:
        now = self._clock()
        self._value, self._since = value, now
        self._failures, self._why = 0, ""
        if value.expires is None:
            self._valid_until = math.inf
            return
        self._valid_until = value.expires - LATE
        life = value.expires - now
        if life <= LATE:
            self._failed(CredentialFault("what was fetched has expired already; is this machine's clock right?"))
            return
        # An issuer may give the same token again until it has nearly expired; each time a part of what is left is waited for.
        self._wake_in(max(SHORTEST_WAIT, life - min(life * EARLY, MOST_EARLY)))

    def _failed(self, error: Exception) -> None:
        self._failures += 1
        self._why = self._explained(error)
        wait = min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** min(self._failures - 1, 10))
        self._retry_at = self._clock() + min(wait, LATE)
        _log.warning("%s: %s; the next attempt is in %g s", self._name, self._why, wait)
        self._wake_in(wait)

    def _explained(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"nothing came in {FETCH_SECONDS:g} s"
        said = error.message if isinstance(error, LimenError) else f"{type(error).__name__}: {error}"
        for secret in self._secrets:
            if len(secret.reveal()) >= SHORTEST_SECRET:
                said = said.replace(secret.reveal(), MASK)
        return " ".join(said.split())[:500]

    def _wake_in(self, delay: float) -> None:
        self._stop_timer()
        self._timer = self._later(delay, partial(_wake, weakref.ref(self)))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def stop(self) -> None:
        """No more fetches; returns once the one under way is given up."""
        self._stop_timer()
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])


def _wake(reference: weakref.ref[Kept[Any]]) -> None:
    kept = reference()
    if kept is not None:
        kept.refresh()
