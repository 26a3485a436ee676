"""`Runner`, as a program uses it."""

from __future__ import annotations

import json
import signal
import socket
import sys
import urllib.request

import pytest

from limen.errors import ConfigError, StartError
from limen.runner import Runner
from words import Words


def test_starts_and_stops_as_a_context_manager(file, children_gone) -> None:
    """Within the block there is a gateway, afterwards there is none, and what it wrote can still be read."""
    with Words(file, port=0) as words:
        pids = words.worker_pids() | {words.pid}
        assert words.word() == "one"
        assert words.port != 0
        assert str(words.pid) in repr(words)
    children_gone(pids)
    assert "stopped" in words.output
    assert "stopped" in repr(words)


def test_starts_again_on_a_port_of_its_own(file) -> None:
    """A Runner can be used again; its free port is chosen anew."""
    words = Words(file, port=0)
    for _ in range(2):
        words.start()
        with pytest.raises(StartError, match="already"):
            words.start()
        assert words.word() == "one"
        assert words.stop() == 0


def test_reload_tells_the_outcome(serve, file) -> None:
    """The digest of what is served, or the reason why not."""
    words = serve(file)
    file.write_text('{"word": "two"}')
    assert words.reload() == words.get("/health")["configuration"]["digest"]
    file.write_text("{}")
    with pytest.raises(ConfigError, match="bad words"):
        words.reload()


def test_a_start_that_fails_tells_what_was_written(file) -> None:
    """A gateway that ends instead of starting is an error with its own words, and can be tried again."""
    file.write_text("{}")
    words = Words(file, port=0)
    with pytest.raises(ConfigError, match="bad words"):
        words.start()
    assert "bad words" in words.output
    file.write_text('{"word": "one"}')
    with words:
        assert words.word() == "one"


def test_a_start_that_hangs_is_given_up(file) -> None:
    """A process that never serves is ended when the time is over."""

    class Hanging(Words):
        command = (sys.executable, "-c", "import time; print('hm', flush=True); time.sleep(60)")

    words = Hanging(file)
    with pytest.raises(StartError, match="hm"):
        words.start(timeout=0.5)


def test_a_stop_that_takes_too_long_ends_at_once(serve, file) -> None:
    """When the time is over, the second signal is sent."""
    words = serve(file)
    with socket.create_connection(("127.0.0.1", words.port)) as connection:
        connection.sendall(b"GET /slow?60 HTTP/1.1\r\nhost: test\r\n\r\n")
        assert words.word() == "one"
        assert words.stop(timeout=0.3) == 128 + signal.SIGTERM


def test_nothing_to_stop(file) -> None:
    """What was not started can't be stopped, reloaded or signalled."""
    words = Words(file)
    for use in (words.stop, words.reload, lambda: words.pid):
        with pytest.raises(StartError, match="not started"):
            use()


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:5000"), ("::", "http://[::1]:5000"), ("[::1]", "http://[::1]:5000")],
)
def test_the_url_can_be_reached(host, url) -> None:
    """What listens everywhere is reached on this machine."""
    assert Words(None, host=host).url == url


def test_runs_the_gateway(tmp_path) -> None:
    """The real command: an edited file, a refused one, and what `/health` says of them."""
    path = tmp_path / "gateway.yaml"
    endpoint = "endpoints: [{name: NAME, endpoint_type: llm/v1/chat, model: {provider: demo}}]\n"
    path.write_text(endpoint.replace("NAME", "talk"))
    with Runner(path, port=0, workers=2) as gateway:
        assert chat(gateway, "talk")
        path.write_text(endpoint.replace("NAME", "speak"))
        digest = gateway.reload()
        assert chat(gateway, "speak")
        path.write_text("endpoints: [{}]")
        with pytest.raises(ConfigError, match="endpoint_type"):
            gateway.reload()
        assert chat(gateway, "speak")
        with urllib.request.urlopen(gateway.url + "/health", timeout=10) as reply:
            configuration = json.load(reply)["configuration"]
        assert configuration["digest"] == digest
        assert "endpoint_type" in configuration["last_error"]["message"]
        assert gateway.stop() == 0


def chat(gateway: Runner, model: str) -> str:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "hello"}]}).encode()
    request = urllib.request.Request(gateway.url + "/v1/chat/completions", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        text: str = json.load(reply)["choices"][0]["message"]["content"]
        return text
