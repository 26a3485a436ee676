"""What the tests of Cohere's dialects share: recordings, streams, and what crosses between two dialects, leaf by leaf."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from corpus import recordings
from limen.dialects.answer_envelope import USUAL_TIERS
from limen.dialects.base import AnyDialect
from limen.dialects.cohere.chat import CohereChat
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.seal import open_id
from limen.dialects.web_citation import read_web_citation
from limen.model.content import ToolResult
from limen.model.events import Event
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Reasoning, ToolChoice
from limen.model.response import ChatResponse
from openai_wire import exact, frames

COHERE = CohereChat()
OPENAI = OpenAIChat()
SAY_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())


def recorded(api: str, key: str, provider: str = "cohere", version: str = "/v1/") -> list[tuple[str, Any]]:
    """Names and values of the `key` of each exchange that ended well; those of another `version` are left out."""
    return [
        (each["id"], each[key])
        for each in recordings(api)
        if each["provider"] == provider
        and each["status"] == 200
        and each.get(key)
        and version not in (each["url"] or "")
    ]


def bodies(key: str) -> list[tuple[str, bytes]]:
    """Recorded requests or answers of version 2's chat."""
    return [(name, json.dumps(value).encode()) for name, value in recorded("chat_native", key)]


def streams() -> list[tuple[str, bytes]]:
    """Recorded streams of version 2's chat."""
    return [(name, value.encode()) for name, value in recorded("chat_native", "response_text")]


def events(data: bytes, cuts: Iterable[int] = ()) -> list[Event]:
    """The events of a whole stream, which must have come to its end."""
    parser = COHERE.stream_parser()
    found = [event for frame in frames(data, cuts) for event in parser.feed(frame)]
    found += parser.close()
    assert parser.ended
    return found


def rendered(dialect: AnyDialect, found: Iterable[Event], losses: Losses | None = None) -> bytes:
    """Events as a stream for a client that wants usage."""
    request = ChatRequest("m", (), "test", stream_usage=True)
    renderer = dialect.stream_renderer(request, losses if losses is not None else Losses())
    return b"".join(renderer.render(event) for event in found) + renderer.end()


def named(data: bytes) -> list[tuple[str | None, str]]:
    """The names and values of a stream's frames, but for the end marker."""
    return [(each.event, exact(each.data)) for each in frames(data) if each.data and each.data != b"[DONE]"]


def leaves_of_request(request: ChatRequest) -> dict[str, Any]:
    """What a request says, under the names by which losses call it; defaults that are said aloud count as not said."""
    sampling = request.sampling
    fields = {name: getattr(sampling, name) for name in sampling.__struct_fields__}
    wanted, reasoning, choice = request.response_format, request.reasoning, request.tool_choice
    fields |= {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "stop": request.stop,
        "n": None if request.n == 1 else request.n,
        "parallel_tool_calls": None if request.parallel_tool_calls else request.parallel_tool_calls,
        "modalities": request.modalities,
        "service_tier": request.service_tier,
        "metadata": request.metadata,
        "user": request.user,
        "stream": request.stream,
        "tools": [(tool.name, tool.description, tool.parameters, tool.kind) for tool in request.tools or ()],
        "tools.strict": [True for tool in request.tools or () if tool.strict and tool.kind == "function"],
        "tool_choice": _choice(choice, len(request.tools or ())),
        "messages": [leaf for message in request.messages for leaf in _leaves(message)],
    }
    if wanted is not None:
        fields["response_format"] = (wanted.kind, wanted.schema)
    if reasoning is not None:
        fields["reasoning"] = _thought(reasoning)
    fields |= dict(request.extra)
    return {name: value for name, value in fields.items() if value not in SAY_NOTHING}


def _choice(choice: ToolChoice | None, tools: int) -> Any:
    """Where there is one tool, to name it is to require it."""
    if choice is None or choice.mode == "auto":
        return None
    return ("required", ()) if choice.mode == "named" and tools == 1 else (choice.mode, choice.names)


def _thought(reasoning: Reasoning) -> Any:
    """No effort is thinking switched off; to switch it on alone says nothing that a model which thinks would not do."""
    effort, enabled = (None, False) if reasoning.effort == "none" else (reasoning.effort, reasoning.enabled)
    said = (effort, reasoning.budget, None if enabled else enabled, reasoning.summary)
    return None if said == (None, None, None, None) else said


def leaves_of_response(response: ChatResponse) -> dict[str, Any]:
    """What an answer says, under the names by which losses call it."""
    tier = None if response.service_tier in USUAL_TIERS else response.service_tier
    fields: dict[str, Any] = {"id": response.id, "service_tier": tier}
    for choice in response.choices:
        where = f"choices[{choice.index}]"
        fields[where] = [leaf for block in choice.blocks for leaf in leaves_of_block("assistant", block)]
        if choice.index == 0:
            # OpenAI says "stop" where a stop sequence was hit.
            fields["finish_reason"] = "stop" if choice.finish == "stop_sequence" else choice.finish
            fields["logprobs"] = choice.logprobs
            fields["citations"] = [page_of(each) for block in choice.blocks for each in getattr(block, "citations", ())]
    usage = response.usage
    if usage is not None:
        fields["usage"] = (usage.input_total, usage.output_total, usage.input_cache_read, usage.output_reasoning)
    return {name: value for name, value in fields.items() if value not in SAY_NOTHING}


def page_of(citation: Any) -> Any:
    """The web page that a citation is about, if it is about one; what the page says is not told by all."""
    page = read_web_citation(citation)
    return citation if page is None else (page.url, page.title or "", page.start, page.end)


def _leaves(message: Any) -> list[tuple[str, ...]]:
    role = "system" if message.role == "developer" else message.role
    name = [("name", message.name)] if message.name is not None else []
    return [*name, *[leaf for block in message.blocks for leaf in leaves_of_block(role, block)]]


def leaves_of_block(role: str, block: Any) -> list[tuple[str, ...]]:
    """What a block says."""
    if isinstance(block, ToolResult):
        inner = [leaf for part in block.content for leaf in leaves_of_block("tool", part)]
        return [("result", block.call_id), *inner] if inner else [("result", block.call_id)]
    kind = type(block).__name__
    if kind == "ToolCall":
        return [(kind, open_id(block.id).id, block.name, block.arguments)]
    if kind in ("Text", "Thinking", "Refusal"):
        return [(role, kind, block.text)] if block.text else []
    return [(role, kind, repr(block.source) if hasattr(block, "source") else repr(block))]


def silent(before: dict[str, Any], after: dict[str, Any], losses: Losses) -> list[str]:
    """The names of what changed on the way and is not among the losses."""
    told = list(losses)
    return [
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and not any(_covers(loss, name) for loss in told)
    ]


def _covers(loss: str, name: str) -> bool:
    """Whether a loss is about `name`, something in it, or all that it is part of."""
    return (
        loss == name
        or loss.startswith((f"{name}[", f"{name}."))
        or loss.endswith(f".{name}")
        or name.startswith(f"{loss}.")
    )
