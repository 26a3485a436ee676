"""The ``/invocations`` format of a model that MLflow serves, for the three operations.

::

    {"inputs": ["a text", …], "params": {"temperature": 0.5}}   →   {"predictions": ["another text", …]}

`params` are named as in OpenAI's dialect. Predictions may stand in an object, under ``choices`` or under its only key. The format
has no conversations, no streams, no token counts and no name of the model, which is why the dialect is given that name.
Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally/ and the behaviour of the MLflow gateway 3.17.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from limen.dialects.base import AnyDialect, Dialect, RequestT, ResponseT
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.completions import OpenAICompletions
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.dialects.openai.errors import check_response, parse_error
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, LimenError, MalformedReply, ProviderReply, Unprocessable
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.request import ChatRequest, CompletionRequest, EmbeddingRequest, Message
from limen.model.response import ChatResponse, Choice, Embedding, EmbeddingResponse

_NOT_PARAMS = ("model", "stream", "stream_options")


class _MlflowServing(Dialect[RequestT, ResponseT]):
    """What the three have in common: the envelope. `key` is OpenAI's name for what becomes `inputs`."""

    wire = "mlflow_serving"
    key: ClassVar[str]
    openai: ClassVar[AnyDialect]

    def __init__(self, model: str = "") -> None:
        self.model = model

    @abstractmethod
    def inputs(self, request: RequestT, losses: Losses) -> list[Any]:
        """What goes in `inputs`."""

    def given(self, inputs: list[Any]) -> Any:
        """`inputs` as OpenAI's dialect has them under `key`."""
        return inputs

    def render_request(self, request: RequestT, losses: Losses) -> bytes:
        """`inputs`, and as `params` all else that the client said."""
        inputs = self.inputs(request, losses)
        said = decode(self.openai.render_request(request, losses))
        options = said.get("stream_options")
        for key in options if isinstance(options, dict) else ():
            if key != "include_usage":
                losses.note(f"stream_options.{key}", "MLflow models do not stream")
        params = {key: value for key, value in said.items() if key != self.key and key not in _NOT_PARAMS}
        return encode({"inputs": inputs, "params": params} if params else {"inputs": inputs})

    def parse_request(self, body: bytes) -> RequestT:
        """The hub's request for `inputs` and `params`."""
        try:
            value = decode(body)
        except NotJson as error:
            raise BadRequest(f"the request body can't be read: {error}") from None
        inputs = value.get("inputs") if isinstance(value, dict) else None
        params = value.get("params", {}) if isinstance(value, dict) else None
        if not isinstance(inputs, list) or not isinstance(params, dict):
            raise BadRequest("the request body must be an object with a list of `inputs`", param="inputs")
        request: RequestT = self.openai.parse_request(
            encode({"model": self.model, **params, self.key: self.given(inputs)})
        )
        return request

    def check_response(self, body: bytes) -> None:
        """Refuse a full answer that is none."""
        check_response(body)

    def parse_error(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> ProviderReply:
        """MLflow answers ``{"error_code", "message"}``, and servers around it ``{"detail"}``."""
        return parse_error(status, headers, body)

    def render_error(self, error: LimenError) -> bytes:
        """``{"error_code", "message"}``."""
        return encode({"error_code": error.code.upper(), "message": error.message})


class _MlflowServingText(_MlflowServing[RequestT, ChatResponse]):
    """The two whose predictions are texts."""

    def parse_response(self, body: bytes) -> ChatResponse:
        """One choice for each prediction. Why it ended is not said."""
        texts = _predictions(body)
        if not all(isinstance(text, str) for text in texts):
            raise MalformedReply(
                "the MLflow model server's `predictions` must be texts; this model returns something else"
            )
        choices = tuple(Choice(index, (Text(text),)) for index, text in enumerate(texts))
        identity = hashlib.blake2b(body, digest_size=12).hexdigest()
        return ChatResponse(f"mlflow-{identity}", self.model, choices, self.name)

    def render_response(self, response: ChatResponse, losses: Losses) -> bytes:
        """The text of each choice."""
        return encode({"predictions": [_answered(choice.blocks, losses) for choice in response.choices]})


class MlflowServingChat(_MlflowServingText[ChatRequest]):
    """A question and its answer: the format has room for one message only."""

    name = "mlflow_serving_chat"
    operation = Operation.CHAT
    key = "messages"
    openai = OpenAIChat()

    def inputs(self, request: ChatRequest, losses: Losses) -> list[Any]:
        """The words of the only message; Unprocessable if there are more, as leaving some out would change the question."""
        if len(request.messages) != 1:
            raise Unprocessable(
                "MLflow chat models take a single message at a time; this request has "
                f"{len(request.messages)}. Put what matters into one message.",
                param="messages",
            )
        _name_what_is_lost(request.messages[0], Rendering(self.wire, "", losses))
        return [_joined(request.messages[0].blocks)]

    def given(self, inputs: list[Any]) -> Any:
        """A user's message for each input."""
        return [{"role": "user", "content": text} for text in inputs]


class MlflowServingCompletions(_MlflowServingText[CompletionRequest]):
    """Prompts, and a text for each."""

    name = "mlflow_serving_completions"
    operation = Operation.COMPLETIONS
    key = "prompt"
    openai = OpenAICompletions()

    def inputs(self, request: CompletionRequest, losses: Losses) -> list[Any]:
        """The prompts."""
        return list(request.prompts)


class MlflowServingEmbeddings(_MlflowServing[EmbeddingRequest, EmbeddingResponse]):
    """Texts, and a vector for each."""

    name = "mlflow_serving_embeddings"
    operation = Operation.EMBEDDINGS
    key = "input"
    openai = OpenAIEmbeddings()

    def inputs(self, request: EmbeddingRequest, losses: Losses) -> list[Any]:
        """The texts."""
        return list(request.inputs)

    def parse_response(self, body: bytes) -> EmbeddingResponse:
        """A vector for each prediction; a flat list of numbers is one vector."""
        vectors = _predictions(body)
        if all(_is_number(item) for item in vectors):
            vectors = [vectors]
        for vector in vectors:
            if not (isinstance(vector, list) and vector and all(map(_is_number, vector))):
                raise MalformedReply(
                    "the MLflow model server's `predictions` must be lists of numbers, none of them empty"
                )
        embeddings = tuple(Embedding(index, tuple(map(float, vector))) for index, vector in enumerate(vectors))
        return EmbeddingResponse(self.model, embeddings, self.name)

    def render_response(self, response: EmbeddingResponse, losses: Losses) -> bytes:
        """The vectors."""
        return encode({"predictions": [item.vector for item in response.embeddings]})


def _predictions(body: bytes) -> list[Any]:
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the MLflow model server's reply can't be read: {error}") from None
    if not isinstance(value, Mapping) or "predictions" not in value:
        raise MalformedReply("the MLflow model server's reply has no `predictions`")
    found = value["predictions"]
    if isinstance(found, Mapping):
        if "choices" in found:
            found = found["choices"]
        elif len(found) == 1:
            found = next(iter(found.values()))
        else:
            raise MalformedReply("the MLflow model server's `predictions` are an object without `choices`")
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, list) or not found:
        raise MalformedReply("the MLflow model server's `predictions` are empty or not a list")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name_what_is_lost(message: Message, rendering: Rendering) -> None:
    """The format has a text where there was a message."""
    for index, block in enumerate(message.blocks):
        where = f"messages[0].content[{index}]"
        if isinstance(block, Text):
            rendering.cache({}, block.cache, where)
            rendering.keep({}, block.extra, where)
        else:
            rendering.lose(where, "MLflow models take text only")
    if message.role != "user":
        rendering.lose("messages[0].role", "an MLflow model's input tells no roles")
    if message.name is not None:
        rendering.lose("messages[0].name", "an MLflow model's input tells no speakers")
    rendering.keep({}, message.extra, "messages[0]")


def _answered(blocks: Sequence[Any], losses: Losses) -> str:
    for block in blocks:
        if not isinstance(block, Text):
            losses.note(f"content[{type(block).__name__.lower()}]", "MLflow models give text only")
    return _joined(blocks)


def _joined(blocks: Sequence[Any]) -> str:
    return "".join(block.text for block in blocks if isinstance(block, Text))
