"""boto3 as a client of the gateway: Converse relayed to Bedrock, and translated for whoever answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from bedrock_wire import ANSWER, CLAUDE, STREAM, encoded
from gateway import gateway
from limen.provider_registry import default_registry
from limen.wire.event_stream import encode_exception
from upstream import Asked, Wire, completion, piece, upstream

HI = [{"role": "user", "content": [{"text": "hi"}]}]


async def bedrock(asked: Asked, wire: Wire) -> None:
    """A Bedrock that says one thing, and breaks a stream where it is asked to."""
    if asked.target.endswith("converse"):
        await wire.reply(ANSWER)
    elif asked.target.endswith("count-tokens"):
        await wire.reply({"inputTokens": 5})
    else:
        await wire.start_stream("application/vnd.amazon.eventstream")
        await wire.chunk(encoded(STREAM[:6] if b"break" in asked.body else STREAM))
        if b"break" in asked.body:
            await wire.chunk(encode_exception("throttlingException", b'{"message":"slow"}'))
        await wire.end_stream()


async def openai(asked: Asked, wire: Wire) -> None:
    """A server of OpenAI's dialect."""
    if asked.json.get("stream"):
        await wire.start_stream()
        for event in (piece("Hel"), piece("lo."), piece(None, "stop"), "[DONE]"):
            await wire.event(event)
        await wire.end_stream()
    else:
        await wire.reply(completion("Hello."))


def config(bedrock_url: str, openai_url: str) -> str:
    return f"""
endpoints:
  - name: claude
    endpoint_type: llm/v1/chat
    model: {{provider: bedrock, name: "{CLAUDE}", config: {{api_base: "{bedrock_url}", api_key: k}}}}
  - name: gpt
    endpoint_type: llm/v1/chat
    model: {{provider: openai, name: gpt, config: {{openai_api_base: "{openai_url}", openai_api_key: k}}}}
"""


async def asked(call: Callable[[Any], Any]) -> Any:
    """What `call` gets from a client of the gateway."""
    if "bedrock" not in default_registry().names():
        pytest.skip("the provider is not installed: pip install -e .")
    async with upstream(bedrock) as aws, upstream(openai) as other, gateway(config(aws.url, other.url)) as served:
        client = boto3.client(
            "bedrock-runtime",
            region_name="us-east-1",
            endpoint_url=served.url,
            aws_access_key_id="a",
            aws_secret_access_key="b",
            config=Config(retries={"max_attempts": 0}),
        )
        try:
            return await asyncio.to_thread(call, client)
        finally:
            client.close()


async def test_a_relayed_answer_is_bedrocks_own() -> None:
    """Whole, streamed, and the count of tokens."""
    answer = await asked(lambda client: client.converse(modelId="claude", messages=HI))
    assert answer["output"]["message"]["content"] == ANSWER["output"]["message"]["content"]
    stream = await asked(lambda client: list(client.converse_stream(modelId="claude", messages=HI)["stream"]))
    assert [next(iter(event)) for event in stream] == [name for name, _ in STREAM]
    count = await asked(lambda client: client.count_tokens(modelId="claude", input={"converse": {"messages": HI}}))
    assert count["inputTokens"] == 5


async def test_a_translated_answer_is_one_of_bedrocks() -> None:
    """From a server of OpenAI's dialect."""
    answer = await asked(lambda client: client.converse(modelId="gpt", messages=HI))
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "Hello."}]}
    assert (answer["stopReason"], answer["usage"]["totalTokens"] > 0) == ("end_turn", True)
    stream = await asked(lambda client: list(client.converse_stream(modelId="gpt", messages=HI)["stream"]))
    texts = [event["contentBlockDelta"]["delta"]["text"] for event in stream if "contentBlockDelta" in event]
    assert "".join(texts) == "Hello."
    assert stream[0] == {"messageStart": {"role": "assistant"}}


async def test_errors_raise_as_bedrocks_do() -> None:
    """Before the answer by the header, inside a stream by an exception."""
    with pytest.raises(ClientError) as told:
        await asked(lambda client: client.converse(modelId="nobody", messages=HI))
    assert told.value.response["Error"]["Code"] == "ResourceNotFoundException"
    broken = [{"role": "user", "content": [{"text": "break"}]}]
    with pytest.raises(EventStreamError) as cut:
        await asked(lambda client: list(client.converse_stream(modelId="claude", messages=broken)["stream"]))
    assert cut.value.response["Error"] == {"Code": "throttlingException", "Message": "slow"}
