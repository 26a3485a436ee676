"""TypeSafe's System One: typed answers to named questions about a state. It is no chat, and does nothing an endpoint does.

The MLflow gateway has the provider for a route of its server, ``/gateway/typesafe/v1/systemone``, and none of its endpoint
types can be served with it; neither can they here. A file that names it can be read, and every call says why it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from limen.errors import NotSupported
from limen.model.http import WireRequest
from limen.model.operation import Operation
from limen.providers.api_key import ApiKey
from limen.providers.base import BaseProvider, ProviderConfig
from limen.providers.base_url import BaseUrlText


class TypeSafeConfig(ProviderConfig):
    """The `config:` block."""

    typesafe_api_key: ApiKey
    typesafe_api_base: BaseUrlText = "https://api.typesafe.ai/v1"


class TypeSafeProvider(BaseProvider):
    """Answers nothing that an endpoint can be asked."""

    NAME = "typesafe"
    DISPLAY_NAME = "TypeSafe"
    CONFIG_TYPE = TypeSafeConfig
    OPERATIONS: ClassVar[frozenset[Operation]] = frozenset()
    STREAMS: ClassVar[frozenset[Operation]] = frozenset()
    KEY_FIELD: ClassVar[str | None] = "typesafe_api_key"
    DOCS_URL = "https://docs.typesafe.ai/"

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
        """NotSupported, always."""
        raise NotSupported(f"TypeSafe answers typed questions (System One) only: it has no {operation} operation")
