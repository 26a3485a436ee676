"""IBM watsonx.ai's chat: OpenAI's dialect under other names.

The model is `model_id`, a project or a space comes with it, a choice of tools that is a word is `tool_choice_option`, and
streaming is another path. Sources: https://www.ibm.com/docs/en/watsonx/saas?topic=solutions-chat,
https://www.ibm.com/docs/en/watsonx/saas?topic=resources-rest-api (the `version` query). Tokens are bought with an API key:
https://cloud.ibm.com/apidocs/iam-identity-token-api#gettoken-apikey.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import msgspec
from pydantic import Field, model_validator

from limen.dialects.openai.chat import OpenAIChat
from limen.errors import NotSupported
from limen.model.http import WireRequest
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.providers.api_key import ApiKey
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.credentials import ClientCredentials, bearer, ready
from limen.providers.openai_compatible import headers
from limen.wire.edit import Fields

CHAT, CHAT_STREAM = "/ml/v1/text/chat", "/ml/v1/text/chat_stream"
ISSUER = "https://iam.cloud.ibm.com/identity/token"
GRANT = "urn:ibm:params:oauth:grant-type:apikey"
_UNKNOWN = ("stream", "stream_options", "parallel_tool_calls", "store")
_Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]


class WatsonxConfig(ProviderConfig):
    """The `config:` block: an IBM Cloud `api_key` (or a `token` had elsewhere), and a project or a space.

    `region` is that of the service, such as ``eu-de``; `api_base` stands for its usual address, `auth_url` for IBM Cloud's
    token service, `api_version` is the date whose behaviour is wanted.
    """

    api_key: ApiKey | None = None
    token: ApiKey | None = None
    project_id: _Word | None = None
    space_id: _Word | None = None
    region: _Word = "us-south"
    api_base: BaseUrlText | None = None
    api_version: _Word = "2025-02-11"
    auth_url: BaseUrlText = ISSUER

    @model_validator(mode="after")
    def _check_whole(self) -> WatsonxConfig:
        if (self.api_key is None) == (self.token is None):
            raise ValueError("give either 'api_key' or 'token'")
        if (self.project_id is None) == (self.space_id is None):
            raise ValueError("give either 'project_id' or 'space_id'")
        return self


class WatsonxChat(OpenAIChat):
    """OpenAI's chat, written under watsonx's names. `place` is the project or space."""

    def __init__(self, place: tuple[str, str]) -> None:
        super().__init__()
        self._place = place

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """OpenAI's body with its members renamed."""
        if request.tools and request.parallel_tool_calls is not None:
            losses.note("parallel_tool_calls", "the provider does not take it")
        fields = Fields.parse(super().render_request(request, losses))
        self.rename(fields, request.model)
        return fields.encode()

    def rename(self, fields: Fields, model: str | None) -> None:
        """Give a body's members watsonx's names, and drop those it does not know."""
        fields.remove("model")
        if model is not None:
            fields.set("model_id", model)
        fields.set(*self._place)
        choice = fields.raw.get("tool_choice")
        if choice is not None and bytes(choice).startswith(b'"'):
            fields.set("tool_choice_option", msgspec.Raw(bytes(choice)))
            fields.remove("tool_choice")
        for name in _UNKNOWN:
            fields.remove(name)


class WatsonxAdapter(ProviderAdapter):
    """One dialect."""

    def __init__(self, chat: WatsonxChat) -> None:
        super().__init__({Operation.CHAT: chat})
        self._chat = chat

    def edit_relay(
        self, operation: Operation, fields: Fields, *, model: str | None, stream: bool, wire: str = ""
    ) -> None:
        """The same renaming for a body of OpenAI's."""
        self._chat.rename(fields, model)


class WatsonxProvider(BaseProvider):
    """Sends to `{base}/ml/v1/text/chat`, or `chat_stream`."""

    NAME = "watsonx"
    DISPLAY_NAME = "IBM watsonx.ai"
    CONFIG_TYPE = WatsonxConfig
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT})
    STREAMS: ClassVar[frozenset[Operation]] = frozenset({Operation.CHAT})
    KEY_FIELD: ClassVar[str | None] = "api_key"
    DOCS_URL = "https://cloud.ibm.com/apidocs/watsonx-ai"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        config = self.config_as(WatsonxConfig)
        base = parse_base_url(
            config.api_base or f"https://{config.region}.ml.cloud.ibm.com", tls_profile=settings.tls_profile
        )
        query = f"version={config.api_version}"
        self._origin = base.origin
        self._whole, self._streamed = base.target(CHAT, query), base.target(CHAT_STREAM, query)
        if config.token is not None:
            self._headers = headers(("authorization", f"Bearer {config.token.reveal()}"))
        elif config.api_key is not None:
            self._headers = headers()
            self.source = settings.credentials.client_credentials(
                ClientCredentials(
                    config.auth_url,
                    form=(("grant_type", GRANT),),
                    secrets=(("apikey", config.api_key),),
                    tls_profile=settings.tls_profile,
                )
            )

    def build_adapter(self) -> ProviderAdapter:
        """OpenAI's chat under watsonx's names."""
        config = self.config_as(WatsonxConfig)
        place = ("project_id", config.project_id) if config.project_id else ("space_id", config.space_id or "")
        return WatsonxAdapter(WatsonxChat(place))

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
        """The request that carries `body`."""
        if operation is not Operation.CHAT:
            raise NotSupported(f"{self.DISPLAY_NAME} has no {operation} operation")
        token = bearer(ready(self.source)) if self.source is not None else b""
        target = self._streamed if stream else self._whole
        return WireRequest(self._origin, b"POST", target, self._headers + token, body)
