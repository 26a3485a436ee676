"""What the tests of Bedrock's dialects share: a request, an answer and a stream, exact comparison, and botocore's own checks."""

from __future__ import annotations

import base64
import functools
import json
from collections.abc import Iterable
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

from corpus import recordings
from limen.dialects.bedrock.converse import BedrockConverse
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from limen.wire.event_stream import EventMessage, EventStreamFramer, encode_event

DIALECT = BedrockConverse()
CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NEW_CLAUDE = "us.anthropic.claude-sonnet-5"
NOVA = "amazon.nova-lite-v1:0"

REQUEST: dict[str, Any] = {
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Look at these."},
                {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
                {
                    "image": {
                        "format": "webp",
                        "source": {"s3Location": {"uri": "s3://b/k", "bucketOwner": "123456789012"}},
                    }
                },
                {"document": {"format": "pdf", "name": "a report", "source": {"bytes": "JVBERi0="}, "context": "c"}},
                {"document": {"name": "notes", "source": {"text": "Zoë"}}},
                {"document": {"format": "txt", "name": "parts", "source": {"content": [{"text": "a"}, {"text": "b"}]}}},
                {"audio": {"format": "mp3", "source": {"bytes": "SUQz"}}},
                {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/v"}}}},
                {"guardContent": {"text": {"text": "Look here.", "qualifiers": ["query"]}}},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                {"reasoningContent": {"redactedContent": "aGlkZGVu"}},
                {"text": "One moment."},
                {
                    "citationsContent": {
                        "content": [{"text": "So it says."}],
                        "citations": [{"title": "t", "location": {}}],
                    }
                },
                {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {"n": 10**30, "x": 1.0}}},
                {"toolUse": {"toolUseId": "s1", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}},
                {"toolResult": {"toolUseId": "s1", "content": [{"text": "x"}], "type": "nova_grounding_result"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "tooluse_1",
                        "status": "error",
                        "content": [{"text": ""}, {"json": {"a": [1, None]}}, {"searchResult": {"source": "s"}}],
                    }
                },
                {"newBlock": {"x": 1}},
            ],
        },
    ],
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "inferenceConfig": {"maxTokens": 100, "temperature": 0.5, "topP": 1, "stopSequences": ["X"]},
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "look",
                    "description": "d",
                    "inputSchema": {"json": {"type": "object"}},
                    "strict": True,
                }
            },
            {"cachePoint": {"type": "default"}},
            {"systemTool": {"name": "nova_grounding"}},
        ],
        "toolChoice": {"tool": {"name": "look"}},
    },
    "additionalModelRequestFields": {
        "thinking": {"type": "enabled", "budget_tokens": 4000, "display": "summarized"},
        "top_k": 5,
        "anthropic_beta": ["x"],
    },
    "outputConfig": {
        "textFormat": {
            "type": "json_schema",
            "structure": {"jsonSchema": {"name": "n", "schema": '{"type": "object"}'}},
        },
        "effort": "low",
    },
    "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "DRAFT"},
    "requestMetadata": {"team": "a"},
    "serviceTier": {"type": "flex"},
    "performanceConfig": {"latency": "optimized"},
    "promptVariables": {},
    "system_2": None,
}
USAGE = {
    "inputTokens": 10,
    "outputTokens": 20,
    "totalTokens": 60,
    "cacheReadInputTokens": 5,
    "cacheWriteInputTokens": 25,
    "cacheDetails": [{"ttl": "1h", "inputTokens": 15}, {"ttl": "5m", "inputTokens": 10}],
}
ANSWER: dict[str, Any] = {
    "output": {
        "message": {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
                {"text": "One."},
                {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "input": {"a": 1}, "type": "tool_use"}},
            ],
        }
    },
    "stopReason": "tool_use",
    "usage": USAGE,
    "metrics": {"latencyMs": 7},
    "serviceTier": {"type": "default"},
    "additionalModelResponseFields": {"stop_sequence": None},
}
STREAM: list[tuple[str, dict[str, Any]]] = [
    ("messageStart", {"role": "assistant", "p": "abc"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "Hm."}}, "p": "ab"}),
    ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"reasoningContent": {"signature": "c2ln"}}}),
    ("contentBlockStop", {"contentBlockIndex": 0, "p": "a"}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "On"}}),
    ("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"text": "e."}}),
    ("contentBlockStop", {"contentBlockIndex": 1}),
    (
        "contentBlockStart",
        {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "tooluse_1", "name": "look", "type": "tool_use"}}},
    ),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": '{"a":'}}}),
    ("contentBlockDelta", {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "1}"}}}),
    ("contentBlockStop", {"contentBlockIndex": 2}),
    ("messageStop", {"stopReason": "tool_use"}),
    ("metadata", {"usage": USAGE, "metrics": {"latencyMs": 7}, "p": "z"}),
]


def encoded(told: Iterable[tuple[str, dict[str, Any]]]) -> bytes:
    """Events as the bytes of a stream."""
    return b"".join([encode_event(name, json.dumps(payload).encode()) for name, payload in told])


def messages(data: bytes, cuts: Iterable[int] = ()) -> list[EventMessage]:
    """The messages of a stream, fed in pieces that end at `cuts`."""
    framer, found, start = EventStreamFramer(), [], 0
    for end in [*sorted(cuts), len(data)]:
        found += framer.feed(data[start:end])
        start = end
    framer.close()
    return [message for message in found if isinstance(message, EventMessage)]


def said(data: bytes) -> list[tuple[str | None, str]]:
    """What a stream says: names, and payloads in one canonical spelling."""
    return [(message.event, exact(message.data)) for message in messages(data)]


def events(data: bytes, cuts: Iterable[int] = ()) -> list[Event]:
    """The events of a whole stream, which must have come to its end."""
    parser = DIALECT.stream_parser()
    found = [event for message in messages(data, cuts) for event in parser.feed(message)]
    found += parser.close()
    assert parser.ended
    return found


def rendered(found: Iterable[Event], losses: Losses | None = None) -> bytes:
    """Events as a stream of Converse."""
    request = ChatRequest("m", (), "test")
    renderer = DIALECT.stream_renderer(request, losses if losses is not None else Losses())
    return b"".join([renderer.render(event) for event in found]) + renderer.end()


def exact(value: Any) -> str:
    """JSON in one canonical spelling: key order aside, 1 is not 1.0 and null is not absent."""
    return json.dumps(json.loads(value) if isinstance(value, bytes) else value, sort_keys=True)


def text(value: Any) -> bytes:
    """`value` as JSON."""
    return json.dumps(value).encode()


def request_of(*turns: Message, model: str = CLAUDE, **fields: Any) -> ChatRequest:
    """A request of another dialect."""
    return ChatRequest(model, turns, "other", **fields)


def written(request: ChatRequest, losses: Losses | None = None) -> dict[str, Any]:
    """`request` in Bedrock's words, which botocore must find valid."""
    body: dict[str, Any] = json.loads(DIALECT.render_request(request, losses if losses is not None else Losses()))
    assert problems(body) == ""
    return body


@functools.cache
def _shape() -> Any:
    return botocore.session.Session().get_service_model("bedrock-runtime").operation_model("Converse").input_shape


BLOBS = frozenset({"bytes", "redactedContent"})


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: base64.b64decode(inner) if key in BLOBS and isinstance(inner, str) else _unpacked(inner)
            for key, inner in value.items()
        }
    return [_unpacked(inner) for inner in value] if isinstance(value, list) else value


def problems(body: dict[str, Any]) -> str:
    """What botocore finds wrong with a request; empty for nothing."""
    report: str = ParamValidator().validate({"modelId": "m", **_unpacked(body)}, _shape()).generate_report()
    return report


def recorded_streams() -> list[tuple[str, bytes]]:
    """Names and bytes of recorded streams; those that were kept as lists of events are framed."""
    found = []
    for exchange in recordings("converse"):
        if exchange["status"] != 200:
            continue
        if exchange.get("response_b64"):
            found.append((exchange["id"], base64.b64decode(exchange["response_b64"])))
        elif exchange.get("response_text"):
            lines = [line[6:] for line in exchange["response_text"].splitlines() if line.startswith("data: ")]
            found.append((exchange["id"], encoded([next(iter(json.loads(line).items())) for line in lines])))
    return found
