"""Cohere: chat, embeddings and rerank, all in version 2.

The key's name is the MLflow gateway's. Sources: https://docs.cohere.com/reference/about (addresses), and the `cohere` package for
Python, which reads either environment variable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from limen.dialects.base import AnyDialect
from limen.dialects.cohere.chat import CohereChat
from limen.dialects.cohere.embeddings import CohereEmbeddings
from limen.dialects.cohere.rerank import CohereRerank
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig
from limen.providers.base_url import BaseUrlText
from limen.providers.bearer import BearerProvider


class CohereConfig(ProviderConfig):
    """The `config:` block."""

    cohere_api_key: ApiKey
    api_base: BaseUrlText | None = None


class CohereProvider(BearerProvider):
    """Sends to `/v2/chat`, `/v2/embed` and `/v2/rerank`; an `api_base` may end with a version or not."""

    NAME = "cohere"
    DISPLAY_NAME = "Cohere"
    CONFIG_TYPE = CohereConfig
    KEY_FIELD = "cohere_api_key"
    ENV_KEYS = ("CO_API_KEY", "COHERE_API_KEY")
    DOCS_URL = "https://docs.cohere.com/reference/about"
    OPERATIONS = frozenset({Operation.CHAT, Operation.EMBEDDINGS, Operation.RERANK})
    STREAMS = frozenset({Operation.CHAT})
    BASE_URL = "https://api.cohere.com"
    VERSIONS = ("/v1", "/v2")
    ROUTES: ClassVar[Mapping[Operation, tuple[str, AnyDialect]]] = {
        Operation.CHAT: ("/v2/chat", CohereChat()),
        Operation.EMBEDDINGS: ("/v2/embed", CohereEmbeddings()),
        Operation.RERANK: ("/v2/rerank", CohereRerank()),
    }
