"""Jina AI: embeddings and rerank.

Sources: https://api.jina.ai/redoc (addresses), https://docs.pixeltable.com/sdk/latest/jina.md (environment variable).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from limen.dialects.base import AnyDialect
from limen.dialects.jina.embeddings import JinaEmbeddings
from limen.dialects.jina.rerank import JinaRerank
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import ProviderConfig
from limen.providers.base_url import BaseUrlText
from limen.providers.bearer import BearerProvider


class JinaConfig(ProviderConfig):
    """The `config:` block."""

    api_key: ApiKey
    api_base: BaseUrlText | None = None


class JinaProvider(BearerProvider):
    """Sends to `{base}/embeddings` and `{base}/rerank`."""

    NAME = "jina"
    DISPLAY_NAME = "Jina AI"
    CONFIG_TYPE = JinaConfig
    KEY_FIELD = "api_key"
    ENV_KEYS = ("JINA_API_KEY",)
    DOCS_URL = "https://api.jina.ai/redoc"
    OPERATIONS = frozenset({Operation.EMBEDDINGS, Operation.RERANK})
    BASE_URL = "https://api.jina.ai/v1"
    ROUTES: ClassVar[Mapping[Operation, tuple[str, AnyDialect]]] = {
        Operation.EMBEDDINGS: ("/embeddings", JinaEmbeddings()),
        Operation.RERANK: ("/rerank", JinaRerank()),
    }
