"""A provider for limen that answers with the last message, reversed: the smallest plug-in that is whole.

It answers by itself, so it overrides `chat` and `chat_stream`. A provider that is reached over HTTP overrides
`build_adapter` (which dialect it speaks) and `prepare` (where a request goes, with which headers) instead, and the gateway does
the rest; `limen/providers/mlflow_model_serving.py` is a short example of that kind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from limen.errors import BadRequest
from limen.model.content import Text
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start, UsageReport
from limen.model.operation import Operation
from limen.model.request import ChatRequest
from limen.model.response import ChatResponse, Choice
from limen.model.usage import Usage
from limen.providers.base import BaseProvider, ProviderConfig


class ReverseConfig(ProviderConfig):
    """The `config:` block. A field that holds a secret would be of type `limen.model.secret.Secret`."""

    by: str = "letters"


class ReverseProvider(BaseProvider):
    """Answers with the last message, letter by letter or word by word from its end."""

    NAME = "reverse"
    DISPLAY_NAME = "Reverse"
    CONFIG_TYPE = ReverseConfig
    CONFIG_REQUIRED = False
    OPERATIONS = frozenset({Operation.CHAT})
    STREAMS = frozenset({Operation.CHAT})

    async def chat(self, request: ChatRequest) -> ChatResponse:
        """The whole answer."""
        pieces = self._pieces(request)
        choice = Choice(index=0, blocks=(Text("".join(pieces)),), finish="stop")
        return ChatResponse("reverse-1", self._model(request), (choice,), "reverse", _usage(pieces), created=0)

    async def chat_stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """The same answer, piece by piece."""
        pieces = self._pieces(request)
        yield Start("reverse-1", self._model(request), "reverse", created=0)
        yield BlockStart(0, Text(""))
        for piece in pieces:
            yield BlockDelta(0, piece)
        yield BlockStop(0)
        yield Finish("stop")
        yield UsageReport(_usage(pieces))

    def _pieces(self, request: ChatRequest) -> list[str]:
        text = "".join(block.text for block in request.messages[-1].blocks if isinstance(block, Text))
        if not text:
            raise BadRequest("there is nothing to reverse: the last message has no text", param="messages")
        if self.config_as(ReverseConfig).by == "words":
            words = text.split()[::-1]
            return [word if index == 0 else f" {word}" for index, word in enumerate(words)]
        return list(text[::-1])

    def _model(self, request: ChatRequest) -> str:
        return self.settings.model or request.model


def _usage(pieces: list[str]) -> Usage:
    return Usage(input_uncached=len(pieces), output_text=len(pieces), dialect="reverse")
