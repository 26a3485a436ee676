"""Signals as bytes on a socket."""

from __future__ import annotations

import os
import select
import signal
import threading

import pytest

from limen.runner.signals import Signals, held_back


@pytest.fixture
def signals():
    signals = Signals()
    yield signals
    signals.close()


def test_signals_wake_a_selector_in_order(signals) -> None:
    """Each heeded signal is readable, once, in order."""
    assert signals.take() == []
    os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    assert select.select([signals], [], [], 5)[0] == [signals]
    assert signals.take() == [signal.SIGHUP, signal.SIGTERM]
    assert signals.take() == []


def test_signals_are_given_back() -> None:
    """Afterwards the handlers are whose they were."""
    before = signal.getsignal(signal.SIGTERM)
    Signals().close()
    assert signal.getsignal(signal.SIGTERM) is before


def test_held_back_signals_come_afterwards(signals) -> None:
    """Within the block nothing comes; after it everything does."""
    with held_back():
        signal.pthread_kill(threading.get_ident(), signal.SIGHUP)
        assert signals.take() == []
    assert signals.take() == [signal.SIGHUP]
