"""Runtime files: how a gateway is found, and when it is not."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

import msgspec
import pytest

from limen.errors import ConfigError, StartError
from limen.runner.runtime import (
    RunningGateway,
    all_running,
    ask_to_reload,
    birth,
    find_running,
    publish,
    withdraw,
)
from limen.runner.runtime import (
    runtime_folder as folder_now,
)


def gateway(port: int = 5000, **changes) -> RunningGateway:
    me = os.getpid()
    values = {"pid": me, "started": birth(me), "host": "127.0.0.1", "port": port, "config": None, "digest": "d"}
    return RunningGateway(**{**values, **changes})


def test_a_gateway_is_found_while_its_file_is_there() -> None:
    """Published, found, withdrawn."""
    assert find_running(5000) is None
    publish(gateway(5000))
    publish(gateway(5001, error="no"))
    assert find_running(5000) == gateway(5000)
    assert [found.port for found in all_running()] == [5000, 5001]
    withdraw(5000, os.getpid())
    assert find_running(5000) is None


def test_only_its_own_file_is_withdrawn() -> None:
    """A gateway that ends late leaves its successor's file alone."""
    publish(gateway())
    withdraw(5000, os.getpid() + 1)
    assert find_running(5000) == gateway()


def test_files_of_the_dead_are_removed(runtime_folder) -> None:
    """A file whose process has ended, or whose id another process has now, is stale."""
    with subprocess.Popen(["true"]) as process:
        pass
    for stale in (gateway(pid=process.pid), gateway(started="0")):
        publish(stale)
        assert find_running(5000) is None
        assert list(runtime_folder.iterdir()) == []


def test_a_process_that_was_not_reaped_is_dead() -> None:
    """A zombie serves nothing."""
    process = subprocess.Popen(["sleep", "60"])
    try:
        alive = gateway(pid=process.pid, started=birth(process.pid))
        assert alive.alive()
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not alive.alive()
    finally:
        process.kill()
        process.wait()


def test_broken_files_are_none(runtime_folder) -> None:
    """What can't be read is as if it were not there."""
    publish(gateway())
    (runtime_folder / "5000.json").write_text("{")
    (runtime_folder / "notes.json").write_text("{}")
    assert find_running(5000) is None
    assert list(all_running()) == []


def test_the_folder_is_private(runtime_folder) -> None:
    """It is made for its owner alone, and refused if others can get in."""
    publish(gateway())
    assert runtime_folder.stat().st_mode & 0o777 == 0o700
    runtime_folder.chmod(0o777)
    with pytest.raises(StartError, match="open to other users"):
        find_running(5000)


def test_the_folder_is_no_link(runtime_folder, tmp_path) -> None:
    """A link in its place is somebody's trap."""
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    runtime_folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StartError, match="open to other users"):
        publish(gateway())


def test_without_a_runtime_directory_the_temporary_one_is_used(tmp_path, monkeypatch) -> None:
    """Where the system gives none, the folder is in the temporary directory and carries the user's id."""
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert folder_now() == tmp_path / f"limen-{os.getuid()}"


@pytest.fixture
def on_hangup():
    """What this process does when it is told to reload, in place of a gateway."""
    before = signal.getsignal(signal.SIGHUP)
    yield lambda act: signal.signal(signal.SIGHUP, lambda *_: act())
    signal.signal(signal.SIGHUP, before)


def test_a_reload_waits_for_its_own_outcome(on_hangup) -> None:
    """A reload is done when the count of signalled reloads has grown, not when anything else is published."""

    def act() -> None:
        publish(gateway(digest="other"))
        threading.Timer(0.1, lambda: publish(gateway(digest="new", signalled=1))).start()

    publish(gateway())
    on_hangup(act)
    assert ask_to_reload(gateway()).digest == "new"


def test_a_refused_reload_raises(on_hangup) -> None:
    """The reason of the refusal is the error."""
    publish(gateway())
    on_hangup(lambda: publish(gateway(signalled=1, error="bad file")))
    with pytest.raises(ConfigError, match="bad file"):
        ask_to_reload(gateway())


def test_a_reload_of_the_silent_or_the_gone_raises(on_hangup) -> None:
    """A gateway that does not answer, or is not there, is said to be so."""
    publish(gateway())
    on_hangup(lambda: None)
    with pytest.raises(StartError, match="no answer in"):
        ask_to_reload(gateway(), timeout=0.1)
    withdraw(5000, os.getpid())
    with pytest.raises(StartError, match="is gone"):
        ask_to_reload(gateway())


def test_the_file_is_json(runtime_folder) -> None:
    """Other programs can read it."""
    publish(gateway())
    assert msgspec.json.decode((runtime_folder / "5000.json").read_bytes())["pid"] == os.getpid()
