"""Ollama's chat as a whole: what goes in comes out again, and what crosses to another dialect arrives or is named."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from corpus import recordings
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.openai.chat import OpenAIChat
from limen.errors import BadRequest
from limen.model.losses import Losses
from limen.model.request import ChatRequest
from limen.wire.edit import Fields
from ollama_wire import events, parsed, rendered

SPELLED = {"json": "json_object", "False": "none"}
"""What is said in another word: a format, and not to think."""
DIALECT, OPENAI = OllamaChat(), OpenAIChat()


def recorded(key: str) -> Iterator[tuple[str, Any]]:
    """What was recorded of this wire, by name."""
    for each in recordings("chat_native"):
        if each["provider"] == "ollama" and each.get(key):
            yield each["id"], each[key]


def said(value: Any) -> Iterator[Any]:
    """Every text and number in `value`; JSON inside a text is looked into."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from said(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from said(inner)
    elif isinstance(value, str) and value[:1] in ("{", "["):
        yield value
        with contextlib.suppress(ValueError):
            yield from said(json.loads(value))
    elif value not in (None, ""):
        yield value


def test_recorded_requests_come_back() -> None:
    """Every one."""
    for name, body in recorded("request"):
        losses = Losses()
        text = DIALECT.render_request(DIALECT.parse_request(json.dumps(body).encode()), losses)
        assert json.loads(text) == body, name
        assert not losses


def test_recorded_answers_come_back() -> None:
    """Every one."""
    for name, body in recorded("response"):
        losses = Losses()
        text = DIALECT.render_response(DIALECT.parse_response(json.dumps(body).encode()), losses)
        assert json.loads(text) == body, name
        assert not losses


def test_recorded_streams_come_back_line_by_line() -> None:
    """Every one, and the same events come of any split."""
    for name, text in recorded("response_text"):
        stream = text.encode()
        found = events(DIALECT, stream)
        assert rendered(DIALECT, found) == parsed(stream), name
        assert events(DIALECT, stream, range(0, len(stream), 97)) == found, name


def test_recorded_requests_cross_to_openai_and_back() -> None:
    """Every text and number arrives, or its key is named; what comes back is the same to the hub."""
    for name, body in recorded("request"):
        there, back = Losses(), Losses()
        request = DIALECT.parse_request(json.dumps(body).encode())
        openai = OPENAI.render_request(request, there)
        arrived = list(said(json.loads(openai)))
        missing = [value for value in said(body) if not {value, SPELLED.get(str(value), value)} & {*arrived}]
        known = {value for loss in there for value in said(found_at(body, loss))}
        assert [value for value in missing if value not in known] == [], name
        again = DIALECT.parse_request(DIALECT.render_request(OPENAI.parse_request(openai), back))
        assert bare(again) == bare(request), name
        assert set(back) <= {"response_format.name"}, name


def found_at(body: Any, loss: str) -> Any:
    """What stands in `body` where `loss` says."""
    turn = re.fullmatch(r"messages\[(\d+)\]\.content\[\d+\]", loss)
    if turn:
        return body["messages"][int(turn[1])].get("thinking")
    for key in {"reasoning.enabled": "think"}.get(loss, loss).split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body


def bare(request: ChatRequest) -> list[Any]:
    """What both dialects can say of a request: who said what (not what was thought), tools, options."""
    turns = []
    for message in request.messages:
        blocks: list[Any] = []
        for block in message.blocks:
            value = {key: getattr(block, key) for key in block.__struct_fields__ if key not in ("extra", "cache", "id")}
            if "call_id" in value:
                value |= {"call_id": None, "name": None}  # Made up, and found by the call.
            blocks.append({**value, "kind": type(block).__name__})
        turns.append((message.role, [block for block in blocks if block["kind"] != "Thinking"]))
    wanted = request.response_format
    return [
        turns,
        [(tool.name, tool.description, tool.parameters) for tool in request.tools or ()],
        (request.sampling, request.max_tokens, request.stop, wanted and (wanted.kind, wanted.schema)),
    ]


def test_recorded_answers_cross_to_openai() -> None:
    """Texts, thoughts, calls and counts arrive; the times that things took are named."""
    for name, body in recorded("response"):
        losses = Losses()
        crossed = json.loads(OPENAI.render_response(DIALECT.parse_response(json.dumps(body).encode()), losses))
        arrived = list(said(crossed))
        message = body["message"]
        called = [call["function"] for call in message.get("tool_calls") or ()]
        called = [(call["name"], call["arguments"]) for call in called]
        for value in (message.get("content"), message.get("thinking"), *said([list(call) for call in called])):
            assert not value or value in arrived, name
        assert set(losses) <= {"total_duration", "load_duration", "prompt_eval_duration", "eval_duration"}, name
        calls = crossed["choices"][0]["message"].get("tool_calls")
        assert crossed["choices"][0]["finish_reason"] == ("tool_calls" if calls else body["done_reason"])


def test_recorded_openai_answers_cross_to_ollama() -> None:
    """What a model said arrives, whole or streamed, whoever served it."""
    for each in recordings("chat"):
        if each["status"] != 200 or not isinstance(each.get("response"), dict):
            continue
        response = OPENAI.parse_response(json.dumps(each["response"]).encode())
        body = json.loads(DIALECT.render_response(response, Losses()))
        content = (each["response"]["choices"] or [{}])[0].get("message", {}).get("content")
        if isinstance(content, str) and response.choices:
            assert content in body["message"]["content"] or body["message"]["content"] in content, each["id"]


def test_recorded_openai_requests_cross_to_ollama() -> None:
    """None fails, and each can be read again."""
    for each in recordings("chat"):
        if each["status"] == 200 and isinstance(each.get("request"), dict):
            request = OPENAI.parse_request(json.dumps(each["request"]).encode())
            DIALECT.parse_request(DIALECT.render_request(request, Losses()))


def test_recorded_openai_streams_cross_to_ollama() -> None:
    """Each ends with one last line, and with the text that the frames had."""
    for each in recordings("chat"):
        if each["status"] != 200 or not each.get("response_text"):
            continue
        stream = each["response_text"].encode()
        framer, parser = OPENAI.stream_framer(), OPENAI.stream_parser()
        found = [event for frame in framer.feed(stream) for event in parser.feed(frame)] + parser.close()
        out = rendered(DIALECT, found)
        assert [line["done"] for line in out] == [False] * (len(out) - 1) + [True], each["id"]


def test_relayed_bodies_are_looked_at() -> None:
    """No more than is cheap."""
    DIALECT.validate_relay(Fields.parse(b'{"messages":[],"stream":null}'))
    DIALECT.validate_relay(Fields.parse(b"{}"))
    for body in (b'{"messages":{}}', b'{"stream":"x"}'):
        with pytest.raises(BadRequest):
            DIALECT.validate_relay(Fields.parse(body))


def test_a_silent_stream_has_nothing_to_say() -> None:
    """Lines of JSON have no comments."""
    assert DIALECT.keep_alive == b""
    assert DIALECT.streams_by_default
    assert DIALECT.stream_content_type == b"application/x-ndjson"
