"""One server with a validating provider of each dialect, each below a path of its own."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any, Protocol

from upstream import Asked, Script, Wire
from validating.play import MISSING_MODEL, Model, Question, Refused, Said


class Provider(Protocol):
    """A provider's side of one dialect. `path` is what comes after the first part of the address's path."""

    content_type: str
    model: Model

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        """Check a request, and tell what it asks. Raises Refused."""

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        """Whether the answer is to be streamed."""

    def named(self, path: str, body: dict[str, Any]) -> str:
        """The model."""

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        """A whole answer."""

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        """A streamed one."""

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        """The body and the headers of a refusal."""


def validating(providers: Mapping[str, Provider]) -> Script:
    """The script of all `providers`, each by what its paths begin with, such as ``/openai/v1/chat``."""

    async def script(asked: Asked, wire: Wire) -> None:
        provider = next(each for start, each in providers.items() if asked.target.startswith(start))
        path = asked.target.split("/", 2)[2]
        try:
            body = asked.json
            said = provider.model.answer(_read(provider, path, body, asked))
        except Refused as refused:
            value, headers = provider.refusal(refused)
            again = {"retry-after": "3"} if refused.status == 429 else {}
            await wire.reply(value, refused.status, **headers, **again)
            return
        if provider.streams(path, body):
            await _stream(provider.stream(said, body), provider.content_type, wire, cut=said.cut)
        else:
            await wire.reply(provider.whole(said, body))

    return script


def _read(provider: Provider, path: str, body: Any, asked: Asked) -> Question:
    """What is asked; what has not even the shape of a request is refused as well."""
    try:
        if provider.named(path, body) == MISSING_MODEL:
            raise Refused("There is no such model.", 404, "model_not_found")
        return provider.read(path, body, asked.headers)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise Refused(f"malformed: {error!r} at {traceback.extract_tb(error.__traceback__)[-1]}") from error


async def _stream(events: list[bytes], content_type: str, wire: Wire, *, cut: bool) -> None:
    await wire.start_stream(content_type)
    for event in events[: len(events) // 2] if cut else events:
        await wire.chunk(event)
    if cut:
        wire.cut()
    else:
        await wire.end_stream()
