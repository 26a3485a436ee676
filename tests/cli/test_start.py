"""`limen start`, as a process."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shlex
import signal
import urllib.request
from pathlib import Path
from typing import Any

from command import LIMEN, environment, limen, serving

CONFIG = """
endpoints:
  - name: talk
    endpoint_type: llm/v1/chat
    model: {provider: openai, name: gpt-test, config: {openai_api_key: sk-never-shown}}
    limit: {calls: 10, renewal_period: minute}
  - {name: vectors, endpoint_type: llm/v1/embeddings, model: {provider: demo}}
  - {name: stand-in, endpoint_type: llm/v1/chat, model: {provider: demo}}
routes:
  - name: shared
    task_type: llm/v1/chat
    destinations: [{name: talk, traffic_percentage: 30}, {name: stand-in, traffic_percentage: 70}]
"""


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as reply:
        return json.loads(reply.read())


def curled(line: str) -> str:
    """What a `curl` command line fetches; its few options are read here, so that no curl is needed."""
    words = shlex.split(line)
    assert words[:2] == ["curl", "-N"]
    header, body = words[words.index("-H") + 1], words[words.index("-d") + 1]
    request = urllib.request.Request(words[2], body.encode(), dict([header.split(": ")]))
    with urllib.request.urlopen(request, timeout=30) as reply:
        text: str = reply.read().decode()
        return text


async def test_without_a_file_the_printed_command_streams_an_answer(free_port: int) -> None:
    """The first lines name the model `demo`, and their curl command works as it stands."""
    async with serving("--port", str(free_port)) as running:
        line = await running.line("curl")
        answer = await asyncio.to_thread(curled, line)
        assert await running.stop() == 0
    assert f"http://127.0.0.1:{free_port}" in running.lines[0]
    assert any(line.split()[0] == "demo" for line in running.lines if line.startswith("  "))
    assert answer.count("data: ") > 3
    assert answer.endswith("data: [DONE]\n\n")


async def test_without_a_file_keys_in_the_environment_open_their_providers(free_port: int) -> None:
    """A provider whose key is set is served under its name, and the key is not printed."""
    async with serving("--port", str(free_port), environ={"GROQ_API_KEY": "gsk-never-shown"}) as running:
        await running.line("curl")
        await running.stop()
    text = "\n".join(running.lines)
    assert "groq/<any model>" in text
    assert "deepseek/" not in text
    assert "never-shown" not in text


async def test_a_file_is_named_and_its_endpoints_listed(tmp_path: Path) -> None:
    """Endpoints with their providers and limits, routes with their shares; secrets are not shown."""
    path = tmp_path / "gateway.yaml"
    path.write_text(CONFIG)
    async with serving("--config-path", str(path), "--port", "0", "--workers", "2") as running:
        await running.line("Health")
        await running.stop()
    text = "\n".join(running.lines)
    assert str(path) in text
    assert "2 workers" in running.lines[0]
    assert "talk      chat, OpenAI gpt-test, at most 10 calls per minute" in text
    assert "shared    chat, shared out among talk 30 %, stand-in 70 %" in text
    assert "never-shown" not in text


async def test_the_file_may_be_named_by_the_environment(tmp_path: Path) -> None:
    """LIMEN_CONFIG names the file, MLFLOW_GATEWAY_CONFIG does where that is not set."""
    own, other = tmp_path / "own.yaml", tmp_path / "other.yaml"
    own.write_text(CONFIG)
    other.write_text(CONFIG)
    for environ, expected in (
        ({"MLFLOW_GATEWAY_CONFIG": str(other)}, other),
        ({"MLFLOW_GATEWAY_CONFIG": str(other), "LIMEN_CONFIG": str(own)}, own),
    ):
        async with serving("--port", "0", environ=environ) as running:
            line = await running.line("Health: ")
            health = await asyncio.to_thread(get, line.split("Health: ")[1])
        assert health["configuration"]["source"] == str(expected)


async def test_the_command_shown_for_all_addresses_can_be_typed() -> None:
    """Listening on 0.0.0.0 is shown as an address that a client can connect to."""
    async with serving("--host", "0.0.0.0", "--port", "0") as running:
        line = await running.line("curl")
        assert "http://127.0.0.1:" in line
        assert "[DONE]" in await asyncio.to_thread(curled, line)


async def test_a_missing_file_is_one_clear_line() -> None:
    """The path is named, nothing is served, and the exit status is that of a wrong configuration."""
    done = await limen("start", "--config-path", "/nowhere/gateway.yaml")
    assert done.status == 2
    assert "/nowhere/gateway.yaml" in done.err
    assert len(done.err.strip().splitlines()) == 1
    assert done.out == ""


async def test_strict_refuses_what_is_only_warned_about(tmp_path: Path) -> None:
    """An unknown key is a warning in the first lines, and with --strict a reason not to start."""
    path = tmp_path / "gateway.yaml"
    path.write_text(CONFIG.replace("limit: {", "limt: {}\n    limit: {"))
    async with serving("--config-path", str(path), "--port", "0") as running:
        await running.line("Health: ")
    assert any("limt" in line for line in running.lines)
    done = await limen("start", "--config-path", str(path), "--port", "0", "--strict")
    assert done.status == 2
    assert "limt" in done.err


async def test_a_terminal_gets_colours_and_whole_lines(free_port: int) -> None:
    """Where a person reads, styles are used, and the command is not broken into several lines."""
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *LIMEN,
        "start",
        "--port",
        str(free_port),
        stdout=theirs,
        stderr=theirs,
        env=environment({"TERM": "xterm-256color"}),
    )
    os.close(theirs)
    try:
        text = await asyncio.to_thread(read_until, ours, b"Health: ")
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(ours)
    assert "\x1b[" in text
    assert any("curl -N" in line and "stream" in line and line.count("'") == 4 for line in text.splitlines())


def read_until(descriptor: int, mark: bytes) -> str:
    data = b""
    while mark not in data:
        data += os.read(descriptor, 4096)
    return data.decode()
