"""One real worker process, with the test as its supervisor."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
import urllib.request

import pytest

from limen.runner.control import ConfigFailed, Drain, Leaving, Ready, Refused, Reloaded, Serve
from limen.runner.listener import open_listeners
from limen.runner.process import WorkerProcess, fork_worker
from limen.runner.watch import Content
from limen.runner.worker import Assignment, run_worker
from wordservice import WordService


class Worker:
    """A worker and the port that it serves."""

    def __init__(self, text: str, refused: str | None) -> None:
        listeners = open_listeners("127.0.0.1", 0)
        self.port = listeners[0].getsockname()[1]
        content = Content(text, "words.json")
        self.process: WorkerProcess = fork_worker(
            lambda assignment: run_worker(WordService(), assignment),
            lambda control: Assignment(content, refused, listeners, control),
            siblings=(),
            born=0.0,
        )
        for listener in listeners:
            listener.close()

    def heard(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            reports = self.process.hear()
            if reports is None or reports:
                return reports
            time.sleep(0.01)
        raise AssertionError("nothing was said")

    def get(self, path: str):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return json.load(answer)

    def ended(self) -> int:
        deadline = time.monotonic() + 15
        while (code := self.process.exit_code()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return code


@pytest.fixture
def start():
    """Start workers; none outlives the test."""
    workers: list[Worker] = []

    def new(text: str = '{"word": "one"}', refused: str | None = None) -> Worker:
        workers.append(Worker(text, refused))
        return workers[-1]

    yield new
    for worker in workers:
        worker.process.kill()
        worker.process.control.close()
        with contextlib.suppress(ChildProcessError):
            worker.process.exit_code(wait=True)


def test_serves_what_it_is_told(start) -> None:
    """It says when it is ready, swaps what it serves, and refuses what is bad without losing what it had."""
    worker = start(refused="an earlier file was bad")
    (ready,) = worker.heard()
    assert isinstance(ready, Ready)
    assert worker.get("/health")["configuration"]["last_error"] == "an earlier file was bad"
    worker.process.tell(Serve(4, '{"word": "two"}', "words.json"))
    (reloaded,) = worker.heard()
    assert isinstance(reloaded, Reloaded)
    assert (reloaded.number, worker.get("/word")["word"]) == (4, "two")
    worker.process.tell(Serve(5, "{}", "words.json"))
    (refused,) = worker.heard()
    assert isinstance(refused, Refused)
    assert (refused.number, worker.get("/word")["word"]) == (5, "two")
    worker.process.tell(Serve(6, '{"word": "bug"}', "words.json"))
    (refused,) = worker.heard()
    assert "a bug in the service" in refused.message


def test_shows_what_the_supervisor_refused(start) -> None:
    """A refusal by the supervisor is shown by the worker."""
    worker = start()
    worker.heard()
    worker.process.tell(ConfigFailed("the file is gone"))
    worker.process.tell(Serve(1, "{", None))
    worker.heard()
    assert worker.get("/health")["configuration"]["last_error"].startswith("bad words")


@pytest.mark.parametrize("end", ["drain", "hang up"])
def test_ends_when_told_or_left_alone(start, end) -> None:
    """An order to drain, and the end of the supervisor, are the same."""
    worker = start()
    worker.heard()
    if end == "drain":
        worker.process.tell(Drain())
    else:
        worker.process.control.close()
    assert worker.ended() == 0


def test_leaves_on_sigterm(start) -> None:
    """SIGTERM to a worker: it says that it leaves, and ends well."""
    worker = start()
    worker.heard()
    os.kill(worker.process.pid, signal.SIGTERM)
    assert worker.heard() == [Leaving()]
    assert worker.ended() == 0


def test_cannot_start_with_a_bad_file(start) -> None:
    """A content that this process can't build ends it with the status for configurations."""
    worker = start("{}")
    assert worker.ended() == os.EX_CONFIG
