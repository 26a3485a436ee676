"""The supervisor, with real processes: start, reload, replacement of workers, stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import wordservice
from limen.errors import ConfigError, StartError
from limen.runner.runtime import find_running
from limen.runner.supervisor import Plan, Supervisor
from load import Load


def test_serves_and_stops_cleanly(serve, file, children_gone) -> None:
    """A service starts, answers, ends with status 0 and leaves neither process nor runtime file."""
    words = serve(file, workers=2)
    workers = words.worker_pids()
    assert words.word() == "one"
    assert len(workers) == 2
    assert words.stop() == 0
    children_gone(workers)
    assert find_running(words.port) is None
    assert f"ready on {words.url}" in words.output


def test_serves_without_a_file(serve) -> None:
    """No file is no error: the environment alone decides; a reload works all the same."""
    words = serve(None)
    assert words.word() == "none"
    words.reload()
    assert words.get("/health")["configuration"]["source"] is None


@pytest.mark.parametrize("content", [None, "not json", '{"word": "unborn"}'])
def test_what_cannot_start_says_why(serve, tmp_path, content) -> None:
    """A missing file, a bad one and an application that can't be made end the start with the reason."""
    path = tmp_path / "bad.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises((ConfigError, StartError)) as caught:
        serve(path)
    reasons = {None: "does not exist", "not json": "bad words"}
    assert reasons.get(content, "no worker could start") in str(caught.value)


def test_port_in_use_is_one_line(serve, file) -> None:
    """A port that is taken is said in one line, with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(StartError) as caught:
        serve(file, port=taken.getsockname()[1])
    assert "the port is in use" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_no_workers_is_refused() -> None:
    """At least one worker is needed."""
    with pytest.raises(StartError, match="at least 1"):
        Supervisor(Plan(None, "127.0.0.1", 0, 0), wordservice.WordService)


def test_an_edit_reaches_every_worker(serve, file, until) -> None:
    """An edited file is served by all workers, which go on living."""
    words = serve(file, workers=2)
    workers = words.worker_pids()
    file.write_text('{"word": "two"}')
    until(lambda: "configuration reloaded" in words.output)
    assert {words.word() for _ in range(20)} == {"two"}
    assert words.worker_pids() == workers


def test_hangup_reloads_at_once(serve, file) -> None:
    """After SIGHUP and its answer every worker serves the new file, and its digest is published."""
    words = serve(file, workers=2)
    before = find_running(words.port)
    file.write_text('{"word": "two"}')
    digest = words.reload()
    assert {words.word() for _ in range(20)} == {"two"}
    assert words.get("/health")["configuration"]["digest"] == digest != before.digest
    assert find_running(words.port).digest == digest


def test_an_invalid_file_changes_nothing(serve, file, until) -> None:
    """A bad edit is refused and shown in /health; the next good one is served and clears it."""
    words = serve(file, workers=2)
    file.write_text('{"worm": "two"}')
    until(lambda: words.get("/health")["configuration"]["last_error"])
    assert words.word() == "one"
    with pytest.raises(ConfigError, match="bad words"):
        words.reload()
    file.write_text('{"word": "one"}')
    until(lambda: find_running(words.port).error is None)
    assert words.get("/health")["configuration"]["last_error"] is None


def test_a_deleted_file_changes_nothing(serve, file, until) -> None:
    """A deleted file is reported; the gateway goes on, and serves the file when it is back."""
    words = serve(file)
    file.unlink()
    until(lambda: "does not exist" in (words.get("/health")["configuration"]["last_error"] or ""))
    assert words.word() == "one"
    file.write_text('{"word": "two"}')
    until(lambda: words.word() == "two")


def test_a_bug_while_building_changes_nothing(serve, file) -> None:
    """A new content that makes the builder crash is refused like a bad one."""
    words = serve(file)
    file.write_text('{"word": "bug"}')
    with pytest.raises(ConfigError, match="a bug in the service"):
        words.reload()
    assert words.word() == "one"


def test_a_worker_may_refuse(serve, file) -> None:
    """Content that the supervisor takes and a worker does not is reported as refused, and the worker keeps what it had."""
    words = serve(file)
    file.write_text('{"word": "parent only"}')
    with pytest.raises(ConfigError, match="no worker takes this"):
        words.reload()
    assert words.word() == "one"


def test_swapped_links_are_seen(serve, tmp_path, until) -> None:
    """A ConfigMap's way to change a file: a link to a folder is replaced, while the path stays."""
    for number, word in enumerate(("one", "two")):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "words.json").write_text(f'{{"word": "{word}"}}')
    (tmp_path / "..data").symlink_to("v0")
    (tmp_path / "words.json").symlink_to("..data/words.json")
    words = serve(tmp_path / "words.json")
    (tmp_path / "..new").symlink_to("v1")
    (tmp_path / "..new").replace(tmp_path / "..data")
    until(lambda: words.word() == "two")


def test_a_dead_worker_is_replaced(serve, file, until) -> None:
    """A killed worker is replaced by one that serves the last good content and knows the last error."""
    words = serve(file)
    file.write_text('{"word": "two"}')
    words.reload()
    file.write_text("broken")
    with pytest.raises(ConfigError):
        words.reload()
    (first,) = words.worker_pids()
    os.kill(first, signal.SIGKILL)
    until(lambda: words.worker_pids() - {first})
    assert words.word() == "two"
    assert "bad words" in words.get("/health")["configuration"]["last_error"]
    assert f"worker {first} was killed by SIGKILL" in words.output


def test_a_worker_told_to_stop_is_replaced_first(serve, file, until) -> None:
    """SIGTERM to one worker lets it finish what it has, while another takes its place."""
    words = serve(file)
    (first,) = words.worker_pids()
    with _asking(words, "/slow?1.5") as answer:
        os.kill(first, signal.SIGTERM)
        until(lambda: words.word() and words.get("/word")["pid"] != first)
        assert f'"pid": {first}' in answer()
    until(lambda: first not in words.worker_pids())
    assert words.stop() == 0


def test_workers_outlive_no_supervisor(serve, file, children_gone) -> None:
    """When the supervisor is killed its workers finish and end by themselves."""
    words = serve(file, workers=2)
    workers = words.worker_pids()
    assert len(workers) == 2
    with _asking(words, "/slow?1") as answer:
        os.kill(words.pid, signal.SIGKILL)
        assert '"word": "one"' in answer()
    children_gone(workers)
    assert find_running(words.port) is None


@pytest.mark.parametrize("keep_alive", [True, False])
async def test_a_stop_under_load_fails_nothing(serve, file, keep_alive) -> None:
    """SIGTERM while many clients ask: every request that was sent is answered, and the exit status is 0."""
    words = serve(file, workers=2)
    load = Load(words.port, keep_alive=keep_alive)
    clients = asyncio.ensure_future(load.run(24))
    while load.served < 500:
        await asyncio.sleep(0.01)
    status = await asyncio.to_thread(words.stop)
    await asyncio.wait_for(clients, 15)
    assert load.failures == []
    assert status == 0


async def test_reloads_under_load_fail_nothing(serve, file) -> None:
    """Reloads while many clients ask and streams are open: nothing fails and nothing is cut."""
    words = serve(file, workers=2)
    load = Load(words.port)
    clients = asyncio.ensure_future(load.run(8))
    streams = [asyncio.create_task(_stream(words.port, 40)) for _ in range(20)]
    for number in range(10):
        file.write_text(f'{{"word": "{number}"}}')
        await asyncio.to_thread(words.reload)
    assert all([(await stream).endswith(b"39\nend\n") for stream in streams])
    await asyncio.to_thread(words.stop)
    await asyncio.wait_for(clients, 15)
    assert load.failures == []


async def test_a_stop_waits_for_streams(serve, file) -> None:
    """Streams that were open at SIGTERM are finished."""
    words = serve(file)
    streams = [asyncio.create_task(_stream(words.port, 40)) for _ in range(20)]
    await asyncio.sleep(0.3)
    assert await asyncio.to_thread(words.stop) == 0
    assert all([(await stream).endswith(b"39\nend\n") for stream in streams])


async def test_a_kept_connection_is_served_after_the_stop_began(serve, file) -> None:
    """A request that comes on an idle connection just after SIGTERM is answered, with `connection: close`."""
    words = serve(file)
    reader, writer = await asyncio.open_connection("127.0.0.1", words.port)
    request = b"GET /word HTTP/1.1\r\nhost: test\r\n\r\n"
    writer.write(request)
    await reader.readuntil(b"}")
    os.kill(words.pid, signal.SIGTERM)
    await asyncio.sleep(0.7)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 10)
    assert b"connection: close" in answer
    assert answer.endswith(b"}")
    writer.close()


async def test_the_stop_is_bounded(serve, file) -> None:
    """What takes longer than `drain_seconds` is cancelled, said in the log, and the exit status is 0."""
    file.write_text('{"word": "one", "drain_seconds": 1}')
    words = serve(file)
    stream = asyncio.create_task(_stream(words.port, 10_000))
    await asyncio.sleep(0.3)
    assert await asyncio.to_thread(words.stop) == 0
    assert not (await stream).endswith(b"end\n")
    assert "1 requests were not done 1 s after the stop" in words.output
    assert "Traceback" not in words.output


def test_a_second_signal_ends_at_once(serve, file, children_gone) -> None:
    """A second SIGTERM ends everything, with a status that tells so."""
    words = serve(file, workers=2)
    workers = words.worker_pids()
    process = words._process
    with _asking(words, "/slow?60"):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 128 + signal.SIGTERM
    children_gone(workers)


def test_a_signal_sent_twice_is_one(serve, file) -> None:
    """The same signal twice within a moment, as timeout(1) sends it, is still a graceful stop."""
    words = serve(file)
    process = words._process
    with _asking(words, "/slow?0.5") as answer:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        assert '"word": "one"' in answer()
    assert process.wait(10) == 0


def test_workers_that_keep_dying_are_replaced_with_pauses(serve, file, until) -> None:
    """Workers that die young do not make the supervisor spin; it recovers as soon as they live."""
    words = serve(file)
    file.write_text('{"word": "unborn"}')  # an application that can't be made: only the next worker notices
    words.reload()
    os.kill(next(iter(words.worker_pids())), signal.SIGKILL)
    until(lambda: words.output.count("ended with status 1 after 0.") >= 2)
    assert words.output.count("Traceback") <= 4
    file.write_text('{"word": "reborn"}')
    until(lambda: _try_word(words) == "reborn")


def _try_word(words) -> str | None:
    try:
        return words.get("/word")["word"]
    except OSError:
        return None


@contextlib.contextmanager
def _asking(words, path: str):
    """A request under way; the value waits for its answer."""
    curl = subprocess.Popen(["curl", "-s", "--max-time", "20", words.url + path], stdout=subprocess.PIPE, text=True)
    try:
        _wait_for_request(words)
        yield lambda: curl.communicate(timeout=20)[0]
    finally:
        curl.kill()
        curl.communicate()


def _wait_for_request(words) -> None:
    """Until the kernel knows of a connection to the service."""
    needle = f":{words.port:04X}"
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        if any(row[2].endswith(needle) and row[3] == "01" for row in rows):
            time.sleep(0.1)
            return
        time.sleep(0.02)
    raise AssertionError("no connection")


async def _stream(port: int, lines: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream?%d HTTP/1.1\r\nhost: test\r\n\r\n" % lines)
    received = b""
    with contextlib.suppress(asyncio.IncompleteReadError):
        while not received.endswith(b"0\r\n\r\n"):
            received += await reader.readuntil(b"\n")
    writer.close()
    body = received.partition(b"\r\n\r\n")[2]
    return b"".join(body.split(b"\r\n")[1::2])
