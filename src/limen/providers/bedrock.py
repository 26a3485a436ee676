"""Amazon Bedrock: Converse for all its models, embeddings of Titan, Nova and Cohere, and the count of tokens.

A client that speaks Anthropic's own dialect reaches a Claude by InvokeModel, in that dialect.

`aws_config` and its keys are the MLflow gateway's, so that its files mean the same here. Requests carry a bearer token or are
signed; keys of a role or of the default chain come from `settings.credentials`.

Source: AWS, "Amazon Bedrock endpoints and quotas", "API keys"; the API reference of Bedrock Runtime.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar
from urllib.parse import quote

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from limen.dialects.bedrock.claude_invoke import ClaudeInvoke, put_envelope, with_betas
from limen.dialects.bedrock.converse import BedrockConverse
from limen.dialects.bedrock.count_tokens import BedrockTokenCount
from limen.dialects.bedrock.embeddings import BedrockEmbeddings, most_texts, packed
from limen.dialects.bedrock.models import read_model
from limen.errors import BadRequest, ConfigError, NotSupported
from limen.model.http import WireRequest, header_block
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, EmbeddingRequest
from limen.model.response import Embedding, EmbeddingResponse
from limen.model.usage import Usage
from limen.providers.api_key import ApiKey
from limen.providers.aws_keys import AwsKeys
from limen.providers.base import AnyRequest, BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.credentials import AwsChain, ready
from limen.providers.earlier_thoughts import (
    are_signed,
    begins_with_thoughts,
    without_thinking,
    without_unsigned,
)
from limen.providers.openai_compatible import STANDARD_HEADERS
from limen.providers.sigv4 import sign
from limen.wire.edit import Fields

DEFAULT_REGION = "us-east-1"
SERVICE = "bedrock"
_REGION = r"^[a-z]{2}(-[a-z]+)+-\d+$"
_PATHS = {Operation.CHAT: "converse", Operation.EMBEDDINGS: "invoke", Operation.COUNT_TOKENS: "count-tokens"}


class AwsConfig(BaseModel):
    """Who asks, and where: a bearer token, a role to assume, a pair of keys, or, with none of them, AWS's default chain."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    aws_region: str | None = Field(default=None, pattern=_REGION)
    aws_bearer_token: ApiKey | None = None
    aws_role_arn: str | None = None
    session_length_seconds: int = Field(default=900, ge=900, le=43200)
    aws_access_key_id: ApiKey | None = None
    aws_secret_access_key: ApiKey | None = None
    aws_session_token: ApiKey | None = None

    @model_validator(mode="after")
    def _check_pair(self) -> AwsConfig:
        if (self.aws_access_key_id is None) != (self.aws_secret_access_key is None):
            raise ValueError("'aws_access_key_id' and 'aws_secret_access_key' belong together: give both or neither")
        if self.aws_bearer_token is not None and (self.aws_role_arn or self.aws_access_key_id):
            raise ValueError("give 'aws_bearer_token' or keys and a role, not both")
        return self


class BedrockConfig(ProviderConfig):
    """The `config:` block. `api_base` replaces the address of the region; `api_key` is a bearer token too."""

    aws_config: AwsConfig = AwsConfig()
    api_key: ApiKey | None = None
    api_base: BaseUrlText | None = None

    @model_validator(mode="after")
    def _check_key(self) -> BedrockConfig:
        aws = self.aws_config
        if self.api_key is not None and (aws.aws_bearer_token or aws.aws_role_arn or aws.aws_access_key_id):
            raise ValueError("give 'api_key' or credentials in 'aws_config', not both")
        return self


class BedrockAdapter(ProviderAdapter):
    """Converse, the count of tokens and embeddings; for a Claude, Anthropic's own dialect too.

    The model is in the path, so nothing in a relayed body of Converse changes.
    """

    def __init__(self, model: str | None) -> None:
        own = (ClaudeInvoke(),) if model and read_model(model).family == "claude" else ()
        super().__init__(
            {
                Operation.CHAT: BedrockConverse(),
                Operation.EMBEDDINGS: BedrockEmbeddings(),
                Operation.COUNT_TOKENS: BedrockTokenCount(),
            },
            own,
        )
        self._claude = bool(own)

    def relays(self, operation: Operation, fields: Fields, wire: str) -> bool:
        """Not where Claude would refuse to think."""
        return not self._claude or (begins_with_thoughts(fields) and are_signed(fields))

    def edit_request(self, operation: Operation, request: AnyRequest, losses: Losses) -> AnyRequest:
        """Switch off thinking where it would be refused, in a request of Claude's own dialects."""
        if not self._claude or not isinstance(request, ChatRequest):
            return request
        if request.dialect == BedrockConverse.wire:
            request = without_unsigned(request, losses)
        own = request.dialect in (BedrockConverse.wire, ClaudeInvoke.wire)
        return without_thinking(request, losses) if own else request

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """Put a body of Anthropic's into the envelope that it has at Bedrock."""
        if wire == ClaudeInvoke.wire:
            put_envelope(fields)


class BedrockProvider(BaseProvider):
    """Sends to `https://bedrock-runtime.{region}.amazonaws.com/model/{modelId}/…`."""

    NAME = "bedrock"
    DISPLAY_NAME = "Amazon Bedrock"
    CONFIG_TYPE = BedrockConfig
    CONFIG_REQUIRED = False
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset(_PATHS)
    STREAMS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT})
    ENV_KEYS: ClassVar[tuple[str, ...]] = ("AWS_BEARER_TOKEN_BEDROCK",)
    KEY_FIELD = "api_key"
    DOCS_URL = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config_as(BedrockConfig)
        self._region = config.aws_config.aws_region or DEFAULT_REGION
        usual = f"https://bedrock-runtime.{self._region}.{_suffix(self._region)}"
        self._base = parse_base_url(config.api_base or usual, tls_profile=settings.tls_profile)
        self._keys: AwsKeys | None = None
        bearer = config.api_key or config.aws_config.aws_bearer_token
        credentials = [] if bearer is None else [("authorization", f"Bearer {bearer.reveal()}")]
        self._headers = header_block((*STANDARD_HEADERS, *credentials))
        self._signed = bearer is None
        if self._signed:
            self._take_keys(config.aws_config)

    def _take_keys(self, aws: AwsConfig) -> None:
        """The pair of keys in the file, if it is to be used as it is; else a source of keys."""
        if aws.aws_access_key_id and aws.aws_secret_access_key and not aws.aws_role_arn:
            pair = aws.aws_access_key_id.reveal(), aws.aws_secret_access_key
            self._keys = AwsKeys(*pair, aws.aws_session_token)
            return
        self.source = self.settings.credentials.aws(
            AwsChain(
                region=aws.aws_region,
                role_arn=aws.aws_role_arn,
                session_seconds=aws.session_length_seconds,
                access_key=aws.aws_access_key_id,
                secret_key=aws.aws_secret_access_key,
                session_token=aws.aws_session_token,
            )
        )

    def build_adapter(self) -> ProviderAdapter:
        """The dialects, as the model speaks them."""
        return BedrockAdapter(self.settings.model)

    def prepare(
        self,
        operation: Operation,
        body: bytes,
        *,
        model: str | None,
        stream: bool,
        wire: str = "",
        carried: Sequence[tuple[bytes, bytes]] = (),
    ) -> WireRequest:
        """The request that carries `body` to `model`, signed unless it has a bearer token."""
        path = _PATHS.get(operation)
        if path is None:
            raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")
        ending = "-stream" if stream else ""
        if wire == ClaudeInvoke.wire and operation is Operation.CHAT:
            path, ending = "invoke", "-with-response-stream" if stream else ""
            body = with_betas(body, carried)
        target = self._base.target(f"/model/{_quoted(model)}/{path}{ending}")
        request = WireRequest(self._base.origin, b"POST", target, self._headers, body)
        return self._sign(request) if self._signed else request

    def _sign(self, request: WireRequest) -> WireRequest:
        clock = self.settings.clock
        if clock is None:
            raise ConfigError("the Amazon Bedrock provider was built without a clock, which it needs to sign requests")
        keys = self._keys if self._keys is not None or self.source is None else ready(self.source)
        if keys is None:
            raise ConfigError("the Amazon Bedrock provider has no keys to sign with")
        return sign(request, keys, self._region, SERVICE, datetime.fromtimestamp(clock(), UTC))

    async def embeddings(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Turn texts into vectors: as many requests, one after the other, as the model needs."""
        self._require(Operation.EMBEDDINGS)
        request = self._named(request)
        most, inputs = most_texts(request.model), request.inputs
        answers = []
        for start in range(0, len(inputs), most):
            part = msgspec.structs.replace(request, inputs=inputs[start : start + most])
            body = self.adapter.embeddings_to_model(part, Losses())
            answers.append(
                self.adapter.model_to_embeddings(await self._call(Operation.EMBEDDINGS, body, request.model))
            )
        return _joined(request, answers)


class AmazonBedrockProvider(BedrockProvider):
    """MLflow's other name for the same provider."""

    NAME = "amazon-bedrock"
    ENV_KEYS: ClassVar[tuple[str, ...]] = ()


def _suffix(region: str) -> str:
    """The domain of a region's partition. Source: botocore, `endpoint-rule-set` of Bedrock Runtime and `partitions`."""
    if region.startswith("cn-"):
        return "amazonaws.com.cn"
    return "amazonaws.eu" if region.startswith("eusc-") else "amazonaws.com"


def _quoted(model: str | None) -> str:
    """A model's id, or an ARN, as one segment of a path."""
    if not model or model in (".", ".."):
        raise BadRequest(f"{model!r} is not the id of a model", param="model")
    return quote(model, safe="")


def _joined(request: EmbeddingRequest, answers: list[EmbeddingResponse]) -> EmbeddingResponse:
    vectors = [each.vector for answer in answers for each in answer.embeddings]
    if request.encoding_format == "base64":
        vectors = [packed(vector) for vector in vectors]
    numbered = tuple([Embedding(index, vector) for index, vector in enumerate(vectors)])
    counted = [answer.usage for answer in answers if answer.usage is not None]
    total = sum([usage.input_total for usage in counted])
    usage = Usage(input_uncached=total) if counted else None
    return EmbeddingResponse(request.model, numbered, answers[0].dialect if answers else "", usage)
