"""Ollama's ``/api/generate``: one prompt, with instructions, pictures and thoughts. To the hub it is a chat of one turn.

What only this path has (`raw`, `suffix`, `template`, `context`) is kept for the same wire, and named as lost elsewhere: an
endpoint that must fill in the middle needs a provider that speaks this wire. Source: docs.ollama.com/api/generate.
"""

from __future__ import annotations

from typing import Any, ClassVar

from limen.dialects.extra import extra_of
from limen.dialects.json_text import encode
from limen.dialects.members import Members
from limen.dialects.ollama.chat import OllamaText
from limen.dialects.ollama.chat_request import finish_request
from limen.dialects.ollama.images import take_images
from limen.dialects.ollama.messages import render_messages
from limen.dialects.ollama.options import render_options, take_options
from limen.dialects.openai.chat_request import read_object, take_model
from limen.dialects.rendering import Rendering
from limen.model.content import Text, Thinking
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message

_NOT_RAW = "raw"
"""Mark: `raw` was there, and false."""
_PARAGRAPH = "\n\n"


class OllamaGenerate(OllamaText):
    """``POST /api/generate``."""

    name: ClassVar[str] = "ollama_generate"
    wire: ClassVar[str] = "ollama_generate"
    in_message: ClassVar[bool] = False

    def parse_request(self, body: bytes) -> ChatRequest:
        """The hub's request: the instructions if there are any, then the prompt with its pictures."""
        request = Members(read_object(body))
        messages: list[Message] = []
        system = request.text("system") if request.rest.get("system") else None
        if system is not None:
            messages.append(Message("system", (Text(system),), plain=True))
        prompt = request.text("prompt") if request.rest.get("prompt") else None
        images = take_images(request)
        blocks = (*(() if prompt is None else (Text(prompt),)), *images)
        if blocks:
            messages.append(Message("user", blocks, plain=not images))
        marks = (_NOT_RAW,) if request.rest.get("raw") is False and request.flag("raw") is False else ()
        return ChatRequest(
            model=take_model(request),
            messages=tuple(messages),
            dialect=self.wire,
            stream=request.flag("stream"),
            **take_options(request),
            extra=extra_of(request.rest, *marks),
        )

    def render_request(self, request: ChatRequest, losses: Losses) -> bytes:
        """The body to send."""
        rendering = Rendering(self.wire, request.dialect, losses)
        built: dict[str, Any] = {"model": request.model} if request.model else {}
        if rendering.marked(request.extra, _NOT_RAW):
            built["raw"] = False
        _put_prompt(render_messages(request.messages, rendering), built, rendering)
        _lose_tools(request, rendering)
        _lose_thoughts(request, rendering)
        render_options(request, built, rendering)
        finish_request(request, built, rendering)
        return encode(rendering.keep(built, request.extra, ""))


def _put_prompt(messages: list[dict[str, Any]], built: dict[str, Any], rendering: Rendering) -> None:
    """Put the conversation into `built`: leading instructions as `system`, all that follows as one prompt."""
    leading = next((i for i, each in enumerate(messages) if each["role"] != "system"), len(messages))
    turns = messages[leading:]
    texts = {"system": messages[:leading], "prompt": turns}
    for key, each in texts.items():
        said = [message["content"] for message in each if message.get("content")]
        if said:
            built[key] = _PARAGRAPH.join(said)
    images = [image for message in turns for image in message.get("images", ())]
    if images:
        built["images"] = images
    for index, message in enumerate(turns, leading):
        where = f"messages[{index}]"
        if len(turns) > 1 or message["role"] != "user":
            rendering.lose(f"{where}.role", "there is one prompt here: all turns are put into it")
        for key in message.keys() & {"tool_calls", "tool_name", "tool_call_id"}:
            rendering.lose(f"{where}.{key}", "a prompt is text alone")


def _lose_thoughts(request: ChatRequest, rendering: Rendering) -> None:
    for index, message in enumerate(request.messages):
        for position, block in enumerate(message.blocks):
            if isinstance(block, Thinking) and block.text:
                rendering.lose(f"messages[{index}].content[{position}]", "a prompt has no place for thoughts")


def _lose_tools(request: ChatRequest, rendering: Rendering) -> None:
    for name in ("tools", "tool_choice", "parallel_tool_calls"):
        if getattr(request, name) is not None:
            rendering.lose(name, "this path of Ollama knows no tools")
