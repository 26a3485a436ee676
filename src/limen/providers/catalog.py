"""The providers that speak OpenAI's dialect: a row of `catalog.toml` each, made into a class when it is first asked for.

Pure. A row says what is particular to a provider; whatever can't be said in a row belongs in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.resources import files
from string import Formatter
from typing import Annotated, Any, ClassVar, Literal, Protocol

import msgspec
from pydantic import Field, create_model, model_validator

from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.api_key import ApiKey
from limen.providers.base import BaseProvider, ProviderConfig
from limen.providers.base_url import BaseUrl, BaseUrlText, parse_base_url
from limen.providers.ollama import OllamaProvider
from limen.providers.openai_compatible import (
    PATHS,
    RESPONSES_PATH,
    Address,
    OpenAICompatibleProvider,
    Quirks,
    StreamUsage,
    headers,
)


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One provider. The columns are explained at the top of `catalog.toml`."""

    display_name: str
    operations: tuple[Operation, ...]
    docs: str
    sources: tuple[str, ...]
    base_url: str | None = None
    base_field: str = "api_base"
    base_ends: str = ""
    key_field: str = "api_key"
    key: Literal["required", "optional"] = "required"
    default_key: str | None = None
    env: tuple[str, ...] = ()
    stream_usage: StreamUsage = "option"
    max_tokens_key: str | None = None
    unsupported: tuple[str, ...] = ()
    responses: bool = False
    thinking_key: str | None = None
    refuses_thoughts: bool = False
    own_api: str | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """The keys of the `config:` block that the base URL has a place for."""
        return tuple(name for _, name, _, _ in Formatter().parse(self.base_url or "") if name)


class Registry(Protocol):
    """What the catalog registers with; see :class:`limen.provider_registry.ProviderRegistry`."""

    def register(self, name: str, provider: Any) -> None:
        """Make a provider class, or what loads one, known as `name`."""


@cache
def rows() -> Mapping[str, Row]:
    """Every row by its provider's name, in the order of the file."""
    text = files("limen.providers").joinpath("catalog.toml").read_bytes()
    return msgspec.toml.decode(text, type=dict[str, Row])


def register(registry: Registry) -> None:
    """The entry point: register each row; its class is made when it is asked for."""
    for name in rows():
        registry.register(name, partial(provider_class, name))


class CatalogProvider(OpenAICompatibleProvider):
    """The provider of one row."""

    ROW: ClassVar[Row]

    @property
    def quirks(self) -> Quirks:
        """The row's quirks; the file may say otherwise how usage comes, and whether Responses are served."""
        usage: StreamUsage | None = getattr(self.settings.config, "stream_usage", None)
        responses: bool | None = getattr(self.settings.config, "responses", None)
        quirks = msgspec.structs.replace(self.QUIRKS, stream_usage=usage) if usage else self.QUIRKS
        return quirks if responses is None else msgspec.structs.replace(quirks, responses=responses)

    @property
    def _api_base(self) -> str | None:
        base: str | None = getattr(self.settings.config, self.ROW.base_field, None)
        return base

    @property
    def _base(self) -> BaseUrl:
        row, config = self.ROW, self.settings.config
        usual = (row.base_url or "").format_map({name: getattr(config, name) for name in row.places})
        base = parse_base_url(self._api_base or usual, tls_profile=self.settings.tls_profile)
        return base if base.path.endswith(row.base_ends) else BaseUrl(base.origin, base.path + row.base_ends)

    def address(self, operation: Operation) -> Address:
        """`{base}/chat/completions` and so on, with a bearer token where there is a key."""
        return self._under(PATHS[operation])

    def responses_address(self) -> Address:
        """`{base}/responses`."""
        return self._under(RESPONSES_PATH)

    def _under(self, path: str) -> Address:
        base = self._base
        key: Secret | None = getattr(self.settings.config, self.ROW.key_field)
        credentials = [("authorization", f"Bearer {key.reveal()}")] if key is not None else []
        return Address(base.origin, base.target(path), headers(*credentials))

    def supports(self, operation: Operation, *, stream: bool) -> bool:
        """What the row says; under an `api_base` of the file's own, everything, for only its owner knows what serves there."""
        if self._api_base is not None:
            return operation in PATHS and not (stream and operation in _WHOLE)
        return super().supports(operation, stream=stream)


_WHOLE = frozenset({Operation.EMBEDDINGS, Operation.RERANK})
"""What is never streamed."""
_OWN_APIS: Mapping[str, type] = {"ollama": OllamaProvider}


@cache
def provider_class(name: str) -> type[BaseProvider]:
    """The class of the row `name`."""
    row = rows()[name]
    operations = frozenset(row.operations)
    beside = (_OWN_APIS[row.own_api],) if row.own_api else ()
    return type(
        f"CatalogProvider[{name}]",
        (CatalogProvider, *beside),
        {
            "__doc__": f"{row.display_name}, a row of the catalog.",
            "__module__": __name__,
            "ROW": row,
            "NAME": name,
            "DISPLAY_NAME": row.display_name,
            "CONFIG_TYPE": config_type(name, row),
            "CONFIG_REQUIRED": row.key == "required" or row.base_url is None,
            "OPERATIONS": operations,
            "STREAMS": operations - _WHOLE,
            "ENV_KEYS": row.env,
            "KEY_FIELD": row.key_field,
            "DOCS_URL": row.docs,
            "QUIRKS": Quirks(
                row.stream_usage,
                row.max_tokens_key,
                row.unsupported,
                responses=row.responses,
                thinking_key=row.thinking_key,
                refuses_thoughts=row.refuses_thoughts,
            ),
        },
    )


PathWord = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
"""What may stand in a base URL."""


def config_type(name: str, row: Row) -> type[ProviderConfig]:
    """The model of the row's `config:` block: its key, its address and what that has places for, `stream_usage`, `responses`."""
    needs_base = row.base_url is None
    fields: dict[str, Any] = {
        row.key_field: (ApiKey, ...) if row.key == "required" else (ApiKey | None, _default_key(row)),
        row.base_field: (BaseUrlText, ...) if needs_base else (BaseUrlText | None, None),
        **dict.fromkeys(row.places, (PathWord | None, None)),
        "stream_usage": (StreamUsage | None, None),
        "responses": (bool | None, None),
    }
    checks: dict[str, Any] = {"check_places": model_validator(mode="after")(_check_places(row))} if row.places else {}
    made: type[ProviderConfig] = create_model(
        f"{name.title().replace('-', '')}Config",
        __base__=ProviderConfig,
        __module__=__name__,
        __validators__=checks,
        **fields,
    )
    made.__doc__ = f"The `config:` block of `{name}`."
    return made


def _check_places(row: Row) -> Callable[[ProviderConfig], ProviderConfig]:
    def check(config: ProviderConfig) -> ProviderConfig:
        missing = [place for place in row.places if getattr(config, place) is None]
        if missing and getattr(config, row.base_field) is None:
            raise ValueError(f"give {' and '.join(map(repr, missing))}, or the whole address as {row.base_field!r}")
        return config

    return check


def _default_key(row: Row) -> Secret | None:
    return Secret(row.default_key) if row.default_key is not None else None
