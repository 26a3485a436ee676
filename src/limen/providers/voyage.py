"""Voyage AI: embeddings and rerank.

Sources: https://docs.voyageai.com/reference/embeddings-api, https://docs.voyageai.com/reference/reranker-api (addresses), and
https://docs.voyageai.com/docs/api-key-and-installation (key).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from limen.dialects.base import AnyDialect
from limen.dialects.voyage.embeddings import VoyageEmbeddings
from limen.dialects.voyage.rerank import VoyageRerank
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig
from limen.providers.base_url import BaseUrlText
from limen.providers.bearer import BearerProvider


class VoyageConfig(ProviderConfig):
    """The `config:` block."""

    api_key: ApiKey
    api_base: BaseUrlText | None = None


class VoyageProvider(BearerProvider):
    """Sends to `{base}/embeddings` and `{base}/rerank`."""

    NAME = "voyage"
    DISPLAY_NAME = "Voyage AI"
    CONFIG_TYPE = VoyageConfig
    KEY_FIELD = "api_key"
    ENV_KEYS = ("VOYAGE_API_KEY",)
    DOCS_URL = "https://docs.voyageai.com/"
    OPERATIONS = frozenset({Operation.EMBEDDINGS, Operation.RERANK})
    BASE_URL = "https://api.voyageai.com/v1"
    ROUTES: ClassVar[Mapping[Operation, tuple[str, AnyDialect]]] = {
        Operation.EMBEDDINGS: ("/embeddings", VoyageEmbeddings()),
        Operation.RERANK: ("/rerank", VoyageRerank()),
    }
