"""Rounds of telling: when they end, and what came of them."""

from __future__ import annotations

from limen.runner.control import ConfigFailed, Refused, Reloaded, Serve
from limen.runner.rounds import Round


def test_a_round_ends_once_with_the_last_answer() -> None:
    """Finished when everyone has answered, and told once."""
    rounds = Round()
    assert not rounds.finished()
    rounds.begin(Serve(1, "x", None), [10, 11], signalled=True)
    rounds.answer(10, Reloaded(1, "d"))
    assert not rounds.finished()
    rounds.answer(11, Reloaded(1, "d"))
    assert rounds.finished()
    assert not rounds.finished()
    assert rounds.signalled == 1
    assert rounds.refused is None


def test_the_dead_need_not_answer() -> None:
    """A worker that is gone is not waited for."""
    rounds = Round()
    rounds.begin(Serve(1, "x", None), [10], signalled=False)
    rounds.leave(10)
    assert rounds.finished()
    assert rounds.signalled == 0


def test_one_refusal_is_enough() -> None:
    """A worker's refusal is kept until the next round."""
    rounds = Round()
    rounds.begin(Serve(1, "x", None), [10, 11], signalled=False)
    rounds.answer(10, Refused(1, "no"))
    rounds.answer(11, Reloaded(1, "d"))
    assert rounds.finished()
    assert rounds.refused == "no"
    rounds.begin(Serve(2, "x", None), [10], signalled=False)
    assert rounds.refused is None


def test_a_refused_file_asks_nobody() -> None:
    """Telling of a refusal needs no answer."""
    rounds = Round()
    rounds.begin(ConfigFailed("no"), [10, 11], signalled=True)
    assert rounds.finished()
    assert rounds.signalled == 1


def test_an_overtaken_round_is_forgotten() -> None:
    """Answers to the round before do not count, but who asked for it by a signal is answered with the next."""
    rounds = Round()
    rounds.begin(Serve(1, "x", None), [10], signalled=True)
    rounds.begin(Serve(2, "y", None), [10], signalled=True)
    rounds.answer(10, Reloaded(1, "d"))
    assert not rounds.finished()
    rounds.answer(10, Reloaded(2, "e"))
    assert rounds.finished()
    assert rounds.signalled == 2
