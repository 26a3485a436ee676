"""What a client asks for: the hub's side of every dialect's request.

Pure values. None means *not said*; a renderer leaves it out rather than writing a default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from limen.model.content import NOTHING, Block, CacheMark

Role = Literal["system", "developer", "user", "assistant", "tool"]


class Message(msgspec.Struct, frozen=True):
    """One turn. `plain` says that the content was one bare string, not a list of blocks, so it can be again."""

    role: Role
    blocks: tuple[Block, ...]
    name: str | None = None
    plain: bool = False
    extra: Mapping[str, Any] = NOTHING


class Tool(msgspec.Struct, frozen=True):
    """A tool on offer. `parameters` is its JSON Schema, untouched; None where the client gave none.

    `kind` is ``function``; for any other type `data` holds the whole definition, in `dialect`'s words.
    """

    name: str
    description: str | None = None
    parameters: Any = None
    strict: bool | None = None
    kind: str = "function"
    dialect: str | None = None
    data: Any = None
    cache: CacheMark | None = None
    extra: Mapping[str, Any] = NOTHING


class ToolChoice(msgspec.Struct, frozen=True):
    """`mode` is auto, none, required, or named; `names` are the tools it is about (allowed ones, or the one)."""

    mode: Literal["auto", "none", "required", "named"]
    names: tuple[str, ...] = ()
    data: Any = None


class Sampling(msgspec.Struct, frozen=True):
    """How to pick tokens. Ranges are the client's; a renderer clamps to the target's and names what it clamped."""

    temperature: float | int | None = None
    top_p: float | int | None = None
    top_k: int | None = None
    min_p: float | int | None = None
    presence_penalty: float | int | None = None
    frequency_penalty: float | int | None = None
    repetition_penalty: float | int | None = None
    seed: int | None = None
    logit_bias: Mapping[str, Any] | None = None
    logprobs: bool | int | None = None
    top_logprobs: int | None = None


class ResponseFormat(msgspec.Struct, frozen=True):
    """`kind` is text, json_object or json_schema; `schema` is the JSON Schema, untouched."""

    kind: str
    name: str | None = None
    description: str | None = None
    schema: Any = None
    strict: bool | None = None
    extra: Mapping[str, Any] = NOTHING


class Reasoning(msgspec.Struct, frozen=True):
    """How hard to think: `effort` in words, `budget` in tokens, `summary` of the thoughts; `enabled` on or off."""

    effort: str | None = None
    budget: int | None = None
    enabled: bool | None = None
    summary: str | None = None
    extra: Mapping[str, Any] = NOTHING


class ChatRequest(msgspec.Struct, frozen=True):
    """A conversation to go on with.

    `max_tokens_key` is the name the client used for the bound on output, where its dialect has two.
    `dialect` is the parser that made this; `extra` its unknown top-level keys.
    """

    model: str
    messages: tuple[Message, ...]
    dialect: str
    tools: tuple[Tool, ...] | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    sampling: Sampling = Sampling()
    max_tokens: int | None = None
    max_tokens_key: str = "max_tokens"
    stop: tuple[str, ...] | None = None
    stop_plain: bool = False
    n: int | None = None
    response_format: ResponseFormat | None = None
    reasoning: Reasoning | None = None
    modalities: tuple[str, ...] | None = None
    service_tier: str | None = None
    metadata: Mapping[str, Any] | None = None
    user: str | None = None
    stream: bool | None = None
    stream_usage: bool | None = None
    extra: Mapping[str, Any] = NOTHING


class CompletionRequest(msgspec.Struct, frozen=True):
    """A text to go on with. Each of `prompts` is a string or a list of token ids; `plain` says that there was one bare one."""

    model: str
    prompts: tuple[Any, ...]
    dialect: str
    plain: bool = True
    sampling: Sampling = Sampling()
    max_tokens: int | None = None
    stop: tuple[str, ...] | None = None
    stop_plain: bool = False
    n: int | None = None
    best_of: int | None = None
    echo: bool | None = None
    suffix: str | None = None
    user: str | None = None
    stream: bool | None = None
    stream_usage: bool | None = None
    extra: Mapping[str, Any] = NOTHING


class EmbeddingRequest(msgspec.Struct, frozen=True):
    """Texts (or lists of token ids) to embed. `plain` says that the input was one value, not a list."""

    model: str
    inputs: tuple[Any, ...]
    dialect: str
    plain: bool = False
    dimensions: int | None = None
    encoding_format: str | None = None
    user: str | None = None
    extra: Mapping[str, Any] = NOTHING
