"""The crew: enough workers, replaced with pauses when they die young. Real forks, a clock of the test's own."""

from __future__ import annotations

import os
import selectors
import signal
import time

import pytest

from limen.runner.control import Drain, Unframer
from limen.runner.crew import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Crew, Death, signal_name
from limen.runner.watch import Content
from limen.runner.worker import Assignment


def assignment(control) -> Assignment:
    return Assignment(Content(None, None), None, (), control)


def obedient(assignment: Assignment) -> int:
    """Ends when told to, or when the supervisor is gone."""
    unframer = Unframer()
    while data := assignment.control.recv(4096):
        if Drain() in unframer.feed(data):
            return 0
    return 1


@pytest.fixture
def crew():
    with selectors.DefaultSelector() as selector:
        crew = Crew(2, selector)
        yield crew
        crew.kill_all()
        assert not selector.get_map()


def buried(crew: Crew, count: int, now: float) -> list[Death]:
    deaths: list[Death] = []
    deadline = time.monotonic() + 10
    while len(deaths) < count and time.monotonic() < deadline:
        deaths += crew.bury(now)
        time.sleep(0.005)
    assert len(deaths) == count
    return deaths


def test_fills_up_and_obeys(crew) -> None:
    """There are as many as there should be, and all of them hear an order."""
    assert crew.patience(0) == 0
    crew.fill_up(obedient, assignment, 0)
    assert len(crew.pids()) == len(crew) == 2
    assert crew.patience(0) is None
    crew.tell_all(Drain())
    assert {death.exit_code for death in buried(crew, 2, 5.0)} == {0}


def test_a_grown_worker_is_replaced_at_once(crew) -> None:
    """One that died after a second or more leaves no pause behind."""
    crew.fill_up(obedient, assignment, 0)
    os.kill(crew.pids()[0], signal.SIGKILL)
    (death,) = buried(crew, 1, 3.0)
    assert str(death) == f"worker {death.pid} was killed by SIGKILL after 3.0 s"
    assert crew.patience(3.0) == 0


def test_the_young_dead_cost_growing_pauses(crew) -> None:
    """Pauses double up to a bound, and are forgotten once a worker has lived."""
    now, pauses = 0.0, []
    for _ in range(6):
        crew.fill_up(lambda _assignment: 3, assignment, now)
        buried(crew, 2, now)
        pauses.append(crew.patience(now))
        now += pauses[-1]
    assert pauses[0] > FIRST_PAUSE_SECONDS
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    crew.fill_up(obedient, assignment, now)
    crew.tell_all(Drain())
    buried(crew, 2, now + 5)
    assert crew.patience(now + 5) == 0


def test_one_that_leaves_is_replaced_before_it_ends(crew) -> None:
    """A worker that accepts no more does not count, and its end is expected."""
    crew.fill_up(obedient, assignment, 0)
    leaving = next(iter(crew))
    leaving.leaving = True
    crew.fill_up(obedient, assignment, 0)
    assert len(crew) == 3
    crew.tell(leaving, Drain())
    (death,) = buried(crew, 1, 0.1)
    assert death == Death(leaving.pid, 0, 0.1, expected=True)
    assert crew.patience(0.1) is None


def test_signals_have_names() -> None:
    """The unknown are numbers."""
    assert signal_name(9) == "SIGKILL"
    assert signal_name(200) == "signal 200"
