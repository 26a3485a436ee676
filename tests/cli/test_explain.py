"""`limen explain`."""

import json
from pathlib import Path

from command import limen

CONFIG = """
endpoints:
  - {name: o, endpoint_type: llm/v1/chat, model: {name: gpt, provider: openai, config: {openai_api_key: sk-secret}}}
"""
CHAT = {"model": "o", "messages": [{"role": "user", "content": "x"}]}


async def test_a_request_is_explained_from_files(tmp_path: Path) -> None:
    """Nothing runs, nothing is sent, no key is shown."""
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    (tmp_path / "request.json").write_text(json.dumps(CHAT))
    done = await limen("explain", "--config-path", str(tmp_path / "gateway.yaml"), str(tmp_path / "request.json"))
    assert (done.status, json.loads(done.out)["request"]["body"]["model"]) == (0, "gpt")
    assert "sk-secret" not in done.out + done.err


async def test_what_can_not_be_explained_is_told(tmp_path: Path) -> None:
    """An unknown model, an unknown surface, a missing file: one clear line each."""
    (tmp_path / "gateway.yaml").write_text(CONFIG)
    config = ("--config-path", str(tmp_path / "gateway.yaml"))
    done = await limen("explain", *config, "-", stdin=json.dumps({**CHAT, "model": "nobody"}))
    assert done.status == 1
    assert "'nobody' does not exist" in done.err
    done = await limen("explain", *config, "--surface", "/nowhere", "-", stdin="{}")
    assert (done.status, "there is no surface /nowhere" in done.err) == (2, True)
    done = await limen("explain", *config, str(tmp_path / "missing.json"))
    assert (done.status, "can't be read" in done.err) == (1, True)
