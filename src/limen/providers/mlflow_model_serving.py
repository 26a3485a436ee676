"""A model that MLflow serves (``mlflow models serve``), behind its ``/invocations``."""

from __future__ import annotations

from collections.abc import Sequence

from limen.dialects.mlflow.serving import MlflowServingChat, MlflowServingCompletions, MlflowServingEmbeddings
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.providers.base import BaseProvider, ProviderAdapter, ProviderConfig, ProviderSettings, Transport
from limen.providers.base_url import BaseUrlText, parse_base_url
from limen.providers.openai_compatible import headers


class MlflowModelServingConfig(ProviderConfig):
    """The `config:` block."""

    model_server_url: BaseUrlText


class MlflowModelServingProvider(BaseProvider):
    """Sends to `{model_server_url}/invocations`, without credentials. Nothing is streamed."""

    NAME = "mlflow-model-serving"
    DISPLAY_NAME = "MLflow Model Serving"
    CONFIG_TYPE = MlflowModelServingConfig
    STREAMS = frozenset()
    DOCS_URL = "https://mlflow.org/docs/latest/genai/serving"

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        base = parse_base_url(
            self.config_as(MlflowModelServingConfig).model_server_url, tls_profile=settings.tls_profile
        )
        self._origin, self._target, self._headers = base.origin, base.target("/invocations"), headers()

    def build_adapter(self) -> ProviderAdapter:
        """The three dialects, given the model's name, which no reply tells."""
        model = self.settings.model or ""
        return ProviderAdapter(
            {
                Operation.CHAT: MlflowServingChat(model),
                Operation.COMPLETIONS: MlflowServingCompletions(model),
                Operation.EMBEDDINGS: MlflowServingEmbeddings(model),
            }
        )

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
        return WireRequest(self._origin, b"POST", self._target, self._headers, body)
