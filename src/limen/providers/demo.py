"""The embedded provider: needs no key and no network, always gives the same answer to the same request, token by token.

It is there to see the gateway work in the first minute, and to test applications: it plays tools, structured output,
delays, errors and broken streams on request. What it understands is listed in :mod:`limen.providers.demo_faults` and,
for people, in ``docs/demo.md``.

Pure but for the `sleep` in its settings, which is what makes it wait; without one it says everything at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from pydantic import Field

from limen.errors import BadRequest
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start, UsageReport
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest
from limen.model.rerank import Ranked, RerankRequest, RerankResponse
from limen.model.response import ChatResponse, Choice, Embedding, EmbeddingResponse
from limen.model.token_count import TokenCount
from limen.model.usage import Usage
from limen.providers.base import BaseProvider, ProviderConfig, ProviderSettings, Transport
from limen.providers.demo_faults import Script, read_script
from limen.providers.demo_reply import split_tokens
from limen.providers.demo_text import Play, plan_chat, plan_completion
from limen.providers.demo_vectors import DEFAULT_DIMENSIONS, MOST_DIMENSIONS, as_base64, unit_vector

DIALECT = "demo"
_SHORTEST_WAIT = 0.004  # Seconds; shorter pauses are saved up, for timers are not finer than this.


class DemoConfig(ProviderConfig):
    """The `config:` block, which may be left out. `tokens_per_second` paces streams; null is as fast as can be."""

    tokens_per_second: float | None = Field(default=50.0, gt=0, allow_inf_nan=False)


class DemoProvider(BaseProvider):
    """Answers by itself."""

    NAME = "demo"
    DISPLAY_NAME = "Demo"
    CONFIG_TYPE = DemoConfig
    CONFIG_REQUIRED = False
    OPERATIONS = frozenset(Operation)

    def __init__(self, settings: ProviderSettings, transport: Transport | None = None) -> None:
        super().__init__(settings, transport)
        speed = self.config_as(DemoConfig).tokens_per_second
        self._pause = 1 / speed if speed else 0.0

    async def chat(self, request: ChatRequest) -> ChatResponse:
        """Answer a conversation, at once unless it asks for a delay."""
        return await self._full(plan_chat(request), self._named(request).model)

    def chat_stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        """Answer a conversation, token by token."""
        return self._streamed(plan_chat(request), self._named(request).model)

    async def completions(self, request: CompletionRequest) -> ChatResponse:
        """Go on with a text."""
        return await self._full(plan_completion(request), self._named(request).model)

    def completions_stream(self, request: CompletionRequest) -> AsyncIterator[Event]:
        """Go on with a text, token by token."""
        return self._streamed(plan_completion(request), self._named(request).model)

    async def embeddings(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """A unit vector for each input; texts that share words are near each other."""
        dimensions = DEFAULT_DIMENSIONS if request.dimensions is None else request.dimensions
        if not 1 <= dimensions <= MOST_DIMENSIONS:
            raise BadRequest(f"`dimensions` must be from 1 to {MOST_DIMENSIONS}", param="dimensions")
        texts = [text if isinstance(text, str) else " ".join(map(str, text)) for text in request.inputs]
        await self._before(read_script("\n".join(texts)))
        made = []
        for index, text in enumerate(texts):
            vector = unit_vector(text, dimensions)
            made.append(Embedding(index, as_base64(vector) if request.encoding_format == "base64" else vector))
            await self._wait(0.0)  # Many inputs are much arithmetic: others get their turn in between.
        usage = Usage(input_uncached=sum(len(split_tokens(text)) for text in texts), dialect=DIALECT)
        return EmbeddingResponse(self._named(request).model, tuple(made), DIALECT, usage)

    async def rerank(self, request: RerankRequest) -> RerankResponse:
        """Documents by how near their vectors are to the query's."""
        await self._before(read_script(request.query))
        query = unit_vector(request.query, DEFAULT_DIMENSIONS)
        scored = []
        for index, document in enumerate(request.documents):
            vector = unit_vector(_document_text(document), DEFAULT_DIMENSIONS)
            scored.append(Ranked(index, round(sum(a * b for a, b in zip(query, vector, strict=True)), 6)))
            await self._wait(0.0)  # As above.
        best = sorted(scored, key=lambda ranked: -ranked.score)[: request.top_n]
        if request.return_documents:
            best = [msgspec.structs.replace(each, document=request.documents[each.index]) for each in best]
        tokens = sum(len(split_tokens(_document_text(text))) for text in (request.query, *request.documents))
        return RerankResponse(
            self._named(request).model, tuple(best), DIALECT, usage=Usage(input_uncached=tokens, dialect=DIALECT)
        )

    async def count_tokens(self, request: ChatRequest) -> TokenCount:
        """As many as the answer's usage would tell."""
        return TokenCount(plan_chat(request).usage.input_total, DIALECT)

    async def _full(self, play: Play, model: str) -> ChatResponse:
        await self._before(play.script)
        choices = tuple(
            Choice(
                index=index,
                blocks=tuple(part.block() for part in reply.parts),
                finish=reply.finish,
                stop_sequence=reply.stop_sequence,
            )
            for index, reply in enumerate(play.replies)
        )
        return ChatResponse(play.id, model, choices, DIALECT, play.usage, created=0)

    async def _streamed(self, play: Play, model: str) -> AsyncIterator[Event]:
        script = play.script
        await self._wait(script.delay)
        if script.fault is not None and script.fault_after is None:
            raise script.fault
        yield Start(play.id, model, DIALECT, created=0)
        pace = _Pace(self._pause)
        for choice, reply in enumerate(play.replies):
            for block, part in enumerate(reply.parts):
                yield BlockStart(block, part.shell, choice)
                for token in part.tokens:
                    await self._wait(pace.before_token(script))
                    yield BlockDelta(block, token, choice)
                yield BlockStop(block, choice)
            pace.check(script)
            yield Finish(reply.finish, choice=choice, stop_sequence=reply.stop_sequence)
        yield UsageReport(play.usage)

    async def _before(self, script: Script) -> None:
        """All that happens to an answer that is not streamed."""
        await self._wait(script.whole_wait)
        if script.fault is not None:
            raise script.fault

    async def _wait(self, seconds: float | None) -> None:
        if self.settings.sleep is not None and seconds is not None:
            await self.settings.sleep(seconds)


def _document_text(document: Any) -> str:
    """A document is a text, or an object whose texts count."""
    if isinstance(document, dict):
        return " ".join(value for value in document.values() if isinstance(value, str))
    return str(document)


class _Pace:
    """Counts the tokens of one stream, and says how long to wait before each, or that it breaks."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._owed = 0.0
        self._count = 0

    def before_token(self, script: Script) -> float | None:
        """Seconds to wait, or None for not at all; raises the script's fault when its token has come."""
        self.check(script)
        self._owed += self._pause
        if script.stall and self._count == script.stall_after:
            self._owed += script.stall
        self._count += 1
        if self._owed < _SHORTEST_WAIT:
            return None
        owed, self._owed = self._owed, 0.0
        return owed

    def check(self, script: Script) -> None:
        """Raise the script's fault if its token has come."""
        if script.fault is not None and script.fault_after == self._count:
            raise script.fault
