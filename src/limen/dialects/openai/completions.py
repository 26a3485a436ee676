"""OpenAI's legacy completions: one text to go on with, no roles. An answer is a :class:`ChatResponse` of text alone.

Must not: make a conversation of a prompt; whoever sends it to a chat model does that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from limen.dialects.base import Dialect, StreamParser, StreamRenderer, StreamTap
from limen.dialects.extra import extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import LenientMembers, Members
from limen.dialects.openai.chat_request import (
    Spelling,
    put_known,
    put_stop,
    read_object,
    render_sampling,
    required,
    take_model,
    take_sampling,
    take_stop,
    take_stream_usage,
)
from limen.dialects.openai.chat_response import (
    answer_head,
    finish_choice,
    read_answer,
    take_finish,
    take_index,
    take_name,
)
from limen.dialects.openai.completions_stream import CompletionsStreamParser, CompletionsStreamRenderer
from limen.dialects.openai.errors import check_response, parse_error, render_error
from limen.dialects.openai.finish import parse_reason
from limen.dialects.openai.stream_relay import StreamRelay
from limen.dialects.openai.usage import parse_usage, render_usage
from limen.dialects.relay_checks import require_flag, require_present
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply
from limen.model.content import Block, Text
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import CompletionRequest
from limen.model.response import ChatResponse, Choice
from limen.wire.edit import Fields
from limen.wire.sse import Frame


class OpenAICompletions(Dialect[CompletionRequest, ChatResponse]):
    """``POST /v1/completions``."""

    name: ClassVar[str] = "openai_completions"
    wire: ClassVar[str] = "openai_completions"
    operation: ClassVar[Operation] = Operation.COMPLETIONS

    def __init__(self, spelling: Spelling | None = None) -> None:
        self.spelling = spelling or Spelling()

    def validate_relay(self, fields: Fields) -> None:
        """`prompt` is there, `stream` true or false."""
        require_present(fields, "prompt")
        require_flag(fields, "stream")

    def parse_request(self, body: bytes) -> CompletionRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = Members(read_object(body))
        prompts, plain = take_inputs(request, "prompt")
        stop, stop_plain = take_stop(request)
        return CompletionRequest(
            model=take_model(request),
            prompts=prompts,
            dialect=self.wire,
            plain=plain,
            sampling=take_sampling(request, counted=True),
            max_tokens=request.integer("max_tokens"),
            stop=stop,
            stop_plain=stop_plain,
            n=request.integer("n"),
            best_of=request.integer("best_of"),
            echo=request.flag("echo"),
            suffix=request.text("suffix"),
            user=request.text("user"),
            stream=request.flag("stream"),
            stream_usage=take_stream_usage(request),
            extra=extra_of(request.rest),
        )

    def render_request(self, request: CompletionRequest, losses: Losses) -> bytes:
        """The body to send."""
        rendering = Rendering(self.wire, request.dialect, losses)
        built: dict[str, Any] = {"model": request.model} if request.model else {}
        built["prompt"] = request.prompts[0] if request.plain and len(request.prompts) == 1 else request.prompts
        render_sampling(request.sampling, built, rendering, self.spelling)
        put_stop(request.stop, built, plain=request.stop_plain)
        put_known(
            built,
            max_tokens=request.max_tokens,
            n=request.n,
            best_of=request.best_of,
            echo=request.echo,
            suffix=request.suffix,
            user=request.user,
            stream=request.stream,
            stream_options=None if request.stream_usage is None else {"include_usage": request.stream_usage},
        )
        return encode(rendering.keep(built, request.extra, ""))

    def parse_response(self, body: bytes) -> ChatResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = read_answer(body, "choices")
        choices = answer.rest.pop("choices")
        usage = answer.mapping("usage")
        return ChatResponse(
            id=take_name(answer, "id"),
            model=take_name(answer, "model"),
            choices=tuple([_parse_choice(value, position) for position, value in enumerate(choices)]),
            dialect=self.wire,
            usage=None if usage is None else parse_usage(usage, self.wire),
            created=answer.integer("created"),
            service_tier=answer.text("service_tier"),
            extra=extra_of(answer.rest),
        )

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        built = answer_head(response, rendering, "text_completion")
        built["choices"] = [_render_choice(choice, rendering) for choice in response.choices]
        if response.usage is not None:
            built["usage"] = render_usage(response.usage, self.wire)
        return encode(rendering.keep(built, response.extra, ""))

    def stream_tap(
        self,
        read_error: Callable[[bytes], ProviderReply],
        *,
        hide_usage: bool = False,
        dress: Callable[[Frame], bytes] | None = None,
    ) -> StreamTap:
        """What passes one streamed answer on."""
        return StreamRelay(read_error, hide_usage=hide_usage, dress=dress)

    def stream_parser(self) -> StreamParser:
        """A parser for one streamed answer."""
        return CompletionsStreamParser(self.wire)

    def stream_renderer(self, request: CompletionRequest, losses: Losses, provider: str = "") -> StreamRenderer:
        """A renderer for one streamed answer; usage is told where `request` asks for it."""
        return CompletionsStreamRenderer(self.wire, losses, self.render_error_event, wants_usage=request.stream_usage)

    def check_response(self, body: bytes) -> None:
        """Refuse a full answer that is none."""
        check_response(body)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """What a provider's error means."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error": {"message", "type", "param", "code"}}``."""
        return render_error(error)


def take_inputs(request: Members, key: str) -> tuple[tuple[Any, ...], bool]:
    """Texts or lists of token ids, and whether there was one bare one. BadRequest for anything else."""
    value = required(request, key)
    del request.rest[key]
    if isinstance(value, str) or (isinstance(value, list) and value and _are_tokens(value)):
        return (value,), True
    if isinstance(value, list) and all(
        isinstance(item, str) or (isinstance(item, list) and _are_tokens(item)) for item in value
    ):
        return tuple(value), False
    raise BadRequest(
        f"Invalid type for '{key}': expected a string, an array of strings, an array of token ids or an array of such arrays.",
        param=key,
        code="invalid_type",
    )


def _are_tokens(values: list[Any]) -> bool:
    return all(type(value) is int for value in values)


def _parse_choice(value: Any, position: int) -> Choice:
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer has a choice that is not an object")
    choice = LenientMembers(value)
    index, marks = take_index(choice, position)
    raw = take_finish(choice)
    text = choice.text("text")
    if text is None:
        marks = (*marks, "-text")
    return Choice(
        index=index,
        blocks=() if text is None else (Text(text),),
        finish=None if raw is None else parse_reason(raw),
        raw_finish=raw,
        logprobs=choice.mapping("logprobs"),
        extra=extra_of(choice.rest, *marks),
    )


def _render_choice(choice: Choice, rendering: Rendering) -> dict[str, Any]:
    where = f"choices[{choice.index}]"
    built: dict[str, Any] = {"index": choice.index, "text": _text_of(choice.blocks, rendering, where)}
    if rendering.same and choice.logprobs is not None:
        built["logprobs"] = choice.logprobs
    elif not rendering.same:
        built["logprobs"] = None
        if choice.logprobs is not None:
            rendering.lose(f"{where}.logprobs", "another dialect's log probabilities have another shape")
    finish_choice(choice, built, rendering, calls=False)
    if not rendering.same:
        rendering.keep({}, choice.message_extra, f"{where}.message")
    return rendering.keep(built, choice.extra, where)


def _text_of(blocks: tuple[Block, ...], rendering: Rendering, where: str) -> str:
    texts = []
    for index, block in enumerate(blocks):
        if isinstance(block, Text):
            texts.append(block.text)
        else:
            rendering.lose(f"{where}.content[{index}]", "a completion is text alone")
    return "".join(texts)
