"""What is sent to Amazon Bedrock, and what its answers become."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import ValidationError

from bedrock_wire import ANSWER, CLAUDE, STREAM, encoded
from limen.errors import BadRequest, ConfigError, CredentialFault, FaultKind, NotSupported, ProviderReply
from limen.model.content import Text
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.model.request import ChatRequest, EmbeddingRequest, Message
from limen.model.secret import Secret
from limen.net.client import Client
from limen.providers.aws_keys import AwsKeys
from limen.providers.base import ProviderSettings
from limen.providers.bedrock import AmazonBedrockProvider, BedrockConfig, BedrockProvider
from limen.providers.credentials import AbsentCredentials, AwsChain
from limen.wire.edit import Fields
from upstream import Asked, Wire, upstream

BEARER: dict[str, Any] = {"aws_config": {"aws_bearer_token": "token", "aws_region": "eu-west-1"}}
PAIR: dict[str, Any] = {
    "aws_config": {"aws_access_key_id": "AKID", "aws_secret_access_key": "secret", "aws_region": "eu-west-1"}
}
NOW = 1_700_000_000.0
ARN = "arn:aws:bedrock:us-east-1:1:inference-profile/us.x.y-v1:0"


def build(config: dict[str, Any], model: str | None = CLAUDE, transport: Any = None) -> BedrockProvider:
    settings = ProviderSettings(model, BedrockConfig.model_validate(config), clock=lambda: NOW)
    return BedrockProvider(settings, transport)


def prepared(config: dict[str, Any], operation: Operation = Operation.CHAT, **more: Any) -> WireRequest:
    asked: dict[str, Any] = {"model": CLAUDE, "stream": False, **more}
    return build(config).prepare(operation, b"{}", **asked)


@pytest.mark.parametrize(
    ("operation", "model", "stream", "target"),
    [
        (Operation.CHAT, "a.b-v1:0", False, b"/model/a.b-v1%3A0/converse"),
        (Operation.CHAT, "a.b-v1:0", True, b"/model/a.b-v1%3A0/converse-stream"),
        (
            Operation.CHAT,
            ARN,
            False,
            b"/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x.y-v1%3A0/converse",
        ),
        (Operation.EMBEDDINGS, "amazon.titan-embed-text-v1", False, b"/model/amazon.titan-embed-text-v1/invoke"),
        (Operation.COUNT_TOKENS, "a.b", False, b"/model/a.b/count-tokens"),
    ],
)
def test_the_model_is_in_the_path(operation: Operation, model: str, stream: bool, target: bytes) -> None:
    """One segment of it, whatever is in the id."""
    assert prepared(BEARER, operation, model=model, stream=stream).target == target


@pytest.mark.parametrize("model", [None, "", ".", ".."])
def test_what_is_no_model_is_refused(model: str | None) -> None:
    """Nothing of a client's may climb out of the path."""
    with pytest.raises(BadRequest):
        prepared(BEARER, model=model)


def test_other_operations_are_not_supported() -> None:
    """Rerank is another service of AWS's."""
    with pytest.raises(NotSupported):
        prepared(BEARER, Operation.RERANK)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "bedrock-runtime.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "bedrock-runtime.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
        (None, "bedrock-runtime.us-east-1.amazonaws.com"),
    ],
)
def test_the_region_is_in_the_host(region: str | None, host: str) -> None:
    """And another address takes its place."""
    config = {"aws_config": {"aws_bearer_token": "t", **({"aws_region": region} if region else {})}}
    assert prepared(config).origin.host == host
    assert prepared({**config, "api_base": "https://vpce-1.test/x"}).origin.host == "vpce-1.test"
    assert prepared({**config, "api_base": "https://vpce-1.test/x"}).target.startswith(b"/x/model/")


@pytest.mark.parametrize("config", [BEARER, {"api_key": "token"}])
def test_a_bearer_token_is_sent(config: dict[str, Any]) -> None:
    """And nothing is signed."""
    headers = prepared(config).headers
    assert b"authorization: Bearer token\r\n" in headers
    assert b"x-amz-date" not in headers


def test_keys_sign() -> None:
    """As botocore signs the same request."""
    request = prepared(PAIR)
    assert b"authorization: AWS4-HMAC-SHA256 Credential=AKID/20231114/eu-west-1/bedrock/aws4_request" in request.headers
    told = dict(line.split(": ", 1) for line in request.headers.decode().split("\r\n") if line)
    aws = AWSRequest("POST", f"https://{request.origin.host}{request.target.decode()}", data=request.body)
    aws.headers["content-type"] = told["content-type"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "botocore.auth.get_current_datetime", lambda: datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
        )
        SigV4Auth(Credentials("AKID", "secret"), "bedrock", "eu-west-1").add_auth(aws)
    assert told["authorization"] == aws.headers["Authorization"]


def test_a_session_token_goes_with_its_keys() -> None:
    """In a header that is signed."""
    aws = {**PAIR["aws_config"], "aws_session_token": "session"}
    headers = prepared({"aws_config": aws}).headers
    assert b"x-amz-security-token: session\r\n" in headers
    assert b"x-amz-date;x-amz-security-token, Signature=" in headers


def test_without_a_clock_nothing_is_signed() -> None:
    """It says what is missing."""
    provider = BedrockProvider(ProviderSettings(CLAUDE, BedrockConfig.model_validate(PAIR)))
    with pytest.raises(ConfigError, match="clock"):
        provider.prepare(Operation.CHAT, b"{}", model=CLAUDE, stream=False)


@pytest.mark.parametrize(
    "config",
    [{}, {"aws_config": {"aws_region": "eu-west-1"}}, {"aws_config": {**PAIR["aws_config"], "aws_role_arn": "arn:x"}}],
)
async def test_other_keys_come_from_a_source(config: dict[str, Any]) -> None:
    """The default chain, or a role; without a way to obtain them it says so."""
    provider = build(config)
    assert provider.source is not None
    with pytest.raises(CredentialFault):
        provider.prepare(Operation.CHAT, b"{}", model=CLAUDE, stream=False)
    with pytest.raises(CredentialFault):
        await provider.authorize()


def test_what_a_source_gives_signs() -> None:
    """The chain is asked for what the file says."""
    asked: list[AwsChain] = []

    class Given:
        def current(self) -> AwsKeys:
            return AwsKeys("ASIA", Secret("s"), Secret("t"))

        async def obtain(self) -> AwsKeys:
            return self.current()

        def reject(self) -> None: ...

    class Store(AbsentCredentials):
        def aws(self, chain: AwsChain) -> Any:
            asked.append(chain)
            return Given()

    aws = {"aws_role_arn": "arn:aws:iam::1:role/r", "session_length_seconds": 1200, "aws_region": "eu-west-1"}
    config = BedrockConfig.model_validate({"aws_config": aws})
    provider = BedrockProvider(ProviderSettings(CLAUDE, config, clock=lambda: NOW, credentials=Store()))
    assert b"Credential=ASIA/" in provider.prepare(Operation.CHAT, b"{}", model=CLAUDE, stream=False).headers
    (chain,) = asked
    assert (chain.role_arn, chain.session_seconds, chain.region) == ("arn:aws:iam::1:role/r", 1200, "eu-west-1")


@pytest.mark.parametrize(
    "config",
    [
        {"aws_config": {"aws_access_key_id": "x"}},
        {"aws_config": {"aws_secret_access_key": "x"}},
        {"aws_config": {"aws_bearer_token": "x", "aws_role_arn": "y"}},
        {"aws_config": {"aws_region": "evil.test/x"}},
        {"aws_config": {"session_length_seconds": 1}},
        {"api_key": "x", "aws_config": {"aws_bearer_token": "y"}},
        {"api_base": "not a url"},
    ],
)
def test_configurations_that_make_no_sense_are_refused(config: dict[str, Any]) -> None:
    """A region is a name, so that it can't lead elsewhere."""
    with pytest.raises(ValidationError):
        BedrockConfig.model_validate(config)


def test_a_relayed_body_is_not_changed() -> None:
    """The model is not in it."""
    fields = Fields.parse(b'{ "messages": [] }')
    build(BEARER).adapter.edit_relay(Operation.CHAT, fields, model="m", stream=True)
    assert fields.encode() == b'{ "messages": [] }'


def test_both_names_are_the_same_provider() -> None:
    """As in MLflow; only one of them is opened by the key in the environment."""
    assert issubclass(AmazonBedrockProvider, BedrockProvider)
    assert (AmazonBedrockProvider.NAME, AmazonBedrockProvider.ENV_KEYS) == ("amazon-bedrock", ())
    assert {"embeddings"} == BedrockProvider.LOCAL


async def answered(asked: Asked, wire: Wire) -> None:
    if asked.target.endswith("converse-stream"):
        await wire.start_stream("application/vnd.amazon.eventstream")
        await wire.chunk(encoded(STREAM))
        await wire.end_stream()
    elif asked.target.endswith("converse"):
        await wire.reply(ANSWER)
    elif "titan" in asked.target:
        await wire.reply({"embedding": [len(asked.json["inputText"]), 1], "inputTextTokenCount": 2})
    elif "cohere" in asked.target:
        await wire.reply({"embeddings": {"float": [[len(text), 2] for text in asked.json["texts"]]}})
    else:
        await wire.reply({"message": "slow"}, 429, x_amzn_errortype="ThrottlingException")


async def test_it_can_be_used_as_a_library() -> None:
    """Whole and streamed answers, vectors of as many requests as are needed, errors with their kind."""
    async with upstream(answered) as server:
        client = Client()
        config = {**BEARER, "api_base": server.url}
        request = ChatRequest(CLAUDE, (Message("user", (Text("hi"),)),), "other")
        provider = build(config, transport=client)
        answer = await provider.chat(request)
        assert [type(block).__name__ for block in answer.choices[0].blocks] == ["Thinking", "Text", "ToolCall"]
        assert len([event async for event in provider.chat_stream(request)]) == 15
        titan = build(config, "amazon.titan-embed-text-v2:0", client)
        vectors = await titan.embeddings(EmbeddingRequest("x", ("a", "bb", "ccc"), "other"))
        assert [each.vector for each in vectors.embeddings] == [(1, 1), (2, 1), (3, 1)]
        assert vectors.usage is not None
        assert vectors.usage.input_total == 6
        cohere = build(config, "cohere.embed-v4:0", client)
        many = await cohere.embeddings(EmbeddingRequest("x", ("a",) * 100, "other", encoding_format="base64"))
        assert [each.index for each in many.embeddings] == list(range(100))
        assert base64.b64decode(str(many.embeddings[0].vector)) == b"\x00\x00\x80?\x00\x00\x00@"
        with pytest.raises(ProviderReply) as told:
            await build(config, "amazon.nova-embed", client).embeddings(EmbeddingRequest("x", ("a",), "other"))
        assert told.value.kind is FaultKind.RATE_LIMITED
        assert len(server.asked) == 8
        await client.aclose()


def test_a_claude_speaks_anthropics_dialect_too() -> None:
    """Under InvokeModel, with the client's betas in the body; another model does not."""
    provider = build(BEARER)
    assert provider.adapter.dialect(Operation.CHAT, "anthropic").name == "bedrock_claude"
    assert provider.adapter.dialect(Operation.CHAT, "openai_chat").name == "bedrock_converse"
    assert (
        build(BEARER, "amazon.nova-lite-v1:0").adapter.dialect(Operation.CHAT, "anthropic").name == "bedrock_converse"
    )
    assert build(BEARER, None).adapter.dialect(Operation.CHAT, "anthropic").name == "bedrock_converse"
    fields = Fields.parse(b'{"model":"x","messages":[]}')
    provider.adapter.edit_relay(Operation.CHAT, fields, model="m", stream=True, wire="anthropic")
    request = provider.prepare(
        Operation.CHAT, fields.encode(), model="m", stream=True, wire="anthropic", carried=[(b"anthropic-beta", b"x")]
    )
    assert request.target == b"/model/m/invoke-with-response-stream"
    assert request.body == b'{"messages":[],"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["x"]}'
