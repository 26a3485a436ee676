"""Thoughts of earlier turns in a client's own messages, brought to what the provider takes. Pure.

Clients give back what they were given, and may have had it from another provider: some servers want the thoughts of earlier turns
under a member of their own and refuse calls of tools without them, others refuse every member that they don't know.

Sources: DeepSeek, "Thinking mode" (400 without `reasoning_content`); refusals of Mistral (litellm #30835), Groq (jan #8136) and
Cerebras (cherry-studio #16790); platform.claude.com, "Extended thinking" (a turn that calls tools begins with its thoughts).
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.extra import marks_of
from limen.dialects.openai.content import PART
from limen.dialects.openai.thinking import DETAILS, KEYS, key_of, under
from limen.model.content import Block, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message
from limen.wire.edit import Fields

_THINKING = b'"thinking"'
_CALLS = b'"tool_calls"'
_MEMBERS = tuple([f'"{key}"'.encode() for key in (*KEYS, DETAILS)])


class _Turn(msgspec.Struct):
    role: str = ""
    content: msgspec.Raw = msgspec.Raw(b"null")


class _Kind(msgspec.Struct):
    type: str = ""


_TURNS = msgspec.json.Decoder(list[_Turn])
_KINDS = msgspec.json.Decoder(list[_Kind])
_KIND = msgspec.json.Decoder(_Kind)


def fits(fields: Fields, key: str | None, *, refused: bool) -> bool:
    """Whether messages of OpenAI's dialect can go on as they are.

    `key` is where the server wants thoughts, `refused` whether it takes none. Told from the bytes alone: some pass for unfit that
    are not.
    """
    if key is None and not refused:
        return True
    body = fields.body
    if b"reasoning" not in body and _THINKING not in body and (refused or _CALLS not in body):
        return True  # Nearly all requests, for the price of two searches.
    raw = bytes(fields.raw.get("messages", b""))
    if refused:
        return not any(member in raw for member in _MEMBERS)
    own = f'"{key}"'.encode()
    return not any(member in raw for member in _MEMBERS if member != own) and raw.count(own) >= raw.count(_CALLS)


def fit(request: ChatRequest, key: str | None, losses: Losses, *, refused: bool) -> ChatRequest:
    """Put the thoughts in the messages under `key`, or leave them out where they are refused. What is left out is named."""
    if key is None and not refused:
        return request
    messages = [_fit(message, f"messages[{index}]", key, losses) for index, message in enumerate(request.messages)]
    return msgspec.structs.replace(request, messages=tuple(messages))


def _fit(message: Message, where: str, key: str | None, losses: Losses) -> Message:
    if not any(_is_member(block) for block in message.blocks):
        return message
    blocks: list[Block] = []
    for index, block in enumerate(message.blocks):
        if not isinstance(block, Thinking) or not _is_member(block):
            blocks.append(block)
        elif key is not None:
            blocks.append(Thinking(block.text, block.proof, block.redacted, under(key)))
        else:
            losses.note(f"{where}.content[{index}]", "the provider takes no earlier thoughts")
    return msgspec.structs.replace(message, blocks=tuple(blocks))


def _is_member(block: Block) -> bool:
    """Whether a block is a thought that stood in a member of its own, not in the content."""
    return isinstance(block, Thinking) and key_of(block) is not None and PART not in marks_of(block.extra)


def begins_with_thoughts(fields: Fields) -> bool:
    """Whether Anthropic, asked to think within a budget, would take the last turn of the assistant.

    True as well for what can't be read: the provider will say what is wrong with it.
    """
    thinking, messages = fields.raw.get("thinking"), fields.raw.get("messages")
    if thinking is None or messages is None or b'"tool_use"' not in bytes(messages):
        return True
    try:
        if _KIND.decode(thinking).type != "enabled":
            return True
        last = next((turn for turn in reversed(_TURNS.decode(messages)) if turn.role == "assistant"), None)
        kinds: list[Any] = [] if last is None else [block.type for block in _KINDS.decode(last.content)]
    except msgspec.DecodeError:
        return True
    return "tool_use" not in kinds or kinds[0] in ("thinking", "redacted_thinking")


def lacks_own_thoughts(request: ChatRequest, issuer: str) -> bool:
    """Whether the last turn of the assistant calls tools and does not begin with thoughts that `issuer` proved."""
    last = next((message for message in reversed(request.messages) if message.role == "assistant"), None)
    if last is None or not any(isinstance(block, ToolCall) for block in last.blocks):
        return False
    first = last.blocks[0]
    return not (isinstance(first, Thinking) and first.proof is not None and first.proof.issuer == issuer)
