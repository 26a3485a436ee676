"""What the demo provider answers: worked out whole, before a word of it is sent, so that streamed and full answers agree.

Pure and deterministic: the answer depends on the request alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from limen.dialects.json_text import encode
from limen.errors import BadRequest
from limen.model.content import Document, Image
from limen.model.request import ChatRequest, CompletionRequest, ResponseFormat
from limen.model.usage import Usage
from limen.providers.demo_calls import last_results, last_said, tool_answer, tool_calls
from limen.providers.demo_faults import HELP, Script, read_script
from limen.providers.demo_reply import (
    LONGEST_QUOTE,
    Reply,
    bounded,
    digest,
    echoed,
    quote,
    split_tokens,
    text_reply,
    words,
)
from limen.providers.demo_schema import Instance

MOST_CHOICES = 128
_OPENINGS = ("Hello!", "Good day.", "Hi there!", "Welcome.", "Greetings!", "Nice to meet you.")


class Play(msgspec.Struct, frozen=True):
    """A whole answer, and what goes wrong with it."""

    id: str
    script: Script
    replies: tuple[Reply, ...]
    usage: Usage


def plan_chat(request: ChatRequest) -> Play:
    """The answer to a conversation. BadRequest for a directive that is not understood."""
    last = last_said(request.messages)
    script = read_script(words(last.blocks)) if last.role == "user" else Script()
    choices = _choices(request.n)
    replies = [bounded(_chat_reply(request, script, index, choices), request) for index in range(choices)]
    count = sum(len(split_tokens(words(message.blocks))) for message in request.messages)
    return _play("chatcmpl", request, script, replies, count)


def plan_completion(request: CompletionRequest) -> Play:
    """The continuation of each prompt, as many times as asked for."""
    prompts = [_prompt_text(prompt) for prompt in request.prompts]
    script = read_script("\n".join(prompts))
    choices = _choices(request.n)
    replies = [
        echoed(bounded(_completion_reply(prompt, script, index), request), prompt if request.echo else "")
        for prompt in prompts
        for index in range(choices)
    ]
    return _play("cmpl", request, script, replies, sum(len(split_tokens(prompt)) for prompt in prompts))


def _play(prefix: str, request: Any, script: Script, replies: Sequence[Reply], count: int) -> Play:
    total = sum(reply.count for reply in replies)
    if script.fault_after is not None:
        script.fault_after = min(script.fault_after, total)  # An answer that is shorter breaks at its end.
    same = msgspec.structs.replace(request, stream=None, stream_usage=None)
    identity = f"{prefix}-demo-{digest(encode(same))}"
    return Play(identity, script, tuple(replies), Usage(input_uncached=count, output_text=total, dialect="demo"))


def _choices(n: int | None) -> int:
    if n is not None and not 1 <= n <= MOST_CHOICES:
        raise BadRequest(f"`n` must be from 1 to {MOST_CHOICES}", param="n")
    return n or 1


def _chat_reply(request: ChatRequest, script: Script, index: int, choices: int) -> Reply:
    scripted = _scripted(script)
    if scripted is not None:
        return text_reply(scripted)
    results = last_results(request.messages)
    if not results:
        calls = tool_calls(request, script.text, index)
        if calls:
            return Reply(calls, "tool_calls")
    form = request.response_format
    if form is not None and form.kind in ("json_object", "json_schema"):
        return text_reply(_structured(form, script.text))
    text = tool_answer(results) if results else _greeting(request, script.text)
    return text_reply(text if choices == 1 else f"({index + 1} of {choices}) {text}")


def _scripted(script: Script) -> str | None:
    if script.help:
        return HELP
    if script.say is not None:
        return script.say
    if script.tokens is not None:
        return "".join(f"{' ' if index else ''}{index + 1}" for index in range(script.tokens))
    return None


def _greeting(request: ChatRequest, prompt: str) -> str:
    """What it says to an ordinary message; says back what arrived, so that people see what their application sends."""
    seed = request.sampling.seed
    opening = _OPENINGS[0 if seed is None else int(digest(str(seed).encode(), 4), 16) % len(_OPENINGS)]
    said = [f"You wrote: {quote(prompt)}." if prompt else "You wrote nothing."]
    system = words(block for m in request.messages if m.role in ("system", "developer") for block in m.blocks)
    if system:
        said.append(f"My instructions are: {quote(system)}.")
    media = sum(isinstance(block, Image | Document) for block in last_said(request.messages).blocks)
    if media:
        said.append(f"With it came {media} attachment{'s' if media > 1 else ''}.")
    turns = sum(message.role == "assistant" for message in request.messages)
    if turns:
        said.append(f"I have answered {turns} time{'s' if turns > 1 else ''} before.")
    names = [tool.name for tool in request.tools or ()]
    if names:
        said.append(f"You offer me {', '.join(names)}: say its name and I call it.")
    return (
        f"{opening} I am the demo model that comes with limen. I need no key, and the same request always gets the same "
        f"answer. {' '.join(said)} Write [[limen: help]] to see what else I can do."
    )


def _structured(form: ResponseFormat, prompt: str) -> str:
    if form.kind == "json_schema" and form.schema is not None:
        return encode(Instance(form.schema).value()).decode()
    return encode({"answer": "This is the demo model of limen.", "you_wrote": prompt[:LONGEST_QUOTE]}).decode()


def _completion_reply(prompt: str, script: Script, index: int) -> Reply:
    scripted = _scripted(script)
    if scripted is not None:
        return text_reply(scripted)
    again = f" Take {index + 1}." if index else ""
    return text_reply(
        f" … and here the demo model of limen takes over.{again} It needs no key, and goes on in the same way from the same "
        f"words every time. The last of yours were {quote(prompt[-80:])}."
    )


def _prompt_text(prompt: Any) -> str:
    return prompt if isinstance(prompt, str) else " ".join(map(str, prompt))
