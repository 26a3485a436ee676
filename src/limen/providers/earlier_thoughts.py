"""Thoughts of earlier turns in a client's own messages, brought to what the provider takes. Pure.

Clients give back what they were given, and may have had it from another provider: some servers want the thoughts of earlier turns
under a member of their own and refuse calls of tools without them, others refuse every member that they don't know.

Sources: DeepSeek, "Thinking mode" (400 without `reasoning_content`); refusals of Mistral (litellm #30835), Groq (jan #8136) and
Cerebras (cherry-studio #16790); platform.claude.com, "Extended thinking" (a turn that calls tools begins with its thoughts).
"""

from __future__ import annotations

import msgspec

from limen.dialects.anthropic.reasoning import ADAPTIVE
from limen.dialects.extra import marks_of
from limen.dialects.openai.content import PART
from limen.dialects.openai.thinking import DETAILS, KEYS, key_of, under
from limen.model.content import Block, Thinking, ToolCall
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Reasoning
from limen.wire.edit import Fields

_THINKING = b'"thinking"'
_CALLS = b'"tool_calls"'
_MEMBERS = tuple([f'"{key}"'.encode() for key in (*KEYS, DETAILS)])


class _Turn(msgspec.Struct):
    role: str = ""
    content: msgspec.Raw = msgspec.Raw(b"null")


class _Block(msgspec.Struct):
    """A block of Anthropic's dialect has a type, one of Bedrock's a member."""

    type: str = ""
    tool_use: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="toolUse")
    reasoning: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="reasoningContent")


class _Part(msgspec.Struct):
    """A part of Gemini's, which has its names in two spellings."""

    call: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="functionCall")
    call_too: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="function_call")
    signature: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="thoughtSignature")
    signature_too: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="thought_signature")
    result: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="functionResponse")
    result_too: msgspec.Raw = msgspec.field(default=msgspec.Raw(b""), name="function_response")


class _Content(msgspec.Struct):
    role: str = ""
    parts: list[_Part] = []


_CONTENTS = msgspec.json.Decoder(list[_Content])
_TURNS = msgspec.json.Decoder(list[_Turn])
_BLOCKS = msgspec.json.Decoder(list[_Block])
_BLOCK = msgspec.json.Decoder(_Block)
_MEMBERS_OF = msgspec.json.Decoder(dict[str, msgspec.Raw])
_THOUGHTS = ("thinking", "redacted_thinking")


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
    """Whether Claude, asked to think within a budget, would take the last turn of the assistant, in either of its dialects.

    True as well for what can't be read: the provider will say what is wrong with it.
    """
    messages = bytes(fields.raw.get("messages", b""))
    if b'"tool_use"' not in messages and b'"toolUse"' not in messages:
        return True
    try:
        if not _has_budget(fields):
            return True
        last = next((turn for turn in reversed(_TURNS.decode(messages)) if turn.role == "assistant"), None)
        blocks = [] if last is None else _BLOCKS.decode(last.content)
    except msgspec.DecodeError:
        return True
    calls = any(block.type == "tool_use" or block.tool_use for block in blocks)
    return not calls or blocks[0].type in _THOUGHTS or bool(blocks[0].reasoning)


def _has_budget(fields: Fields) -> bool:
    told = fields.raw.get("thinking")
    if told is None and (more := fields.raw.get("additionalModelRequestFields")) is not None:
        told = _MEMBERS_OF.decode(more).get("thinking")
    return told is not None and _BLOCK.decode(told).type == "enabled"


def without_thinking(request: ChatRequest, losses: Losses) -> ChatRequest:
    """Claude's own request, with thinking switched off if its last calls come without the signed thoughts that led to them.

    Claude would refuse the request. It comes from a client that had the calls from another provider, or left the thoughts out.
    """
    reasoning = request.reasoning
    if reasoning is None or not reasoning.enabled or ADAPTIVE in marks_of(reasoning.extra) or not _lacks_own(request):
        return request
    losses.note("thinking", "it is off, because the last calls come without the signed thoughts that led to them")
    left = None if reasoning.effort is None else Reasoning(reasoning.effort, extra=reasoning.extra)
    return msgspec.structs.replace(request, reasoning=left)


def calls_are_signed(fields: Fields) -> bool:
    """Whether the first call of each step since the user spoke is signed, as Gemini 3 demands. True for what can't be read."""
    contents = bytes(fields.raw.get("contents", b""))
    if b'"functionCall"' not in contents and b'"function_call"' not in contents:
        return True
    try:
        turns = _CONTENTS.decode(contents)
    except msgspec.DecodeError:
        return True
    for turn in reversed(turns):
        if turn.role == "user" and not all(part.result or part.result_too for part in turn.parts):
            return True
        first = next((part for part in turn.parts if part.call or part.call_too), None)
        if first is not None and not (first.signature or first.signature_too):
            return False
    return True


def are_signed(fields: Fields) -> bool:
    """Whether each thought in messages of Bedrock's dialect has a signature; told from the bytes alone."""
    messages = bytes(fields.raw.get("messages", b""))
    return messages.count(b'"reasoningText"') <= messages.count(b'"signature"')


def without_unsigned(request: ChatRequest, losses: Losses) -> ChatRequest:
    """A request without thoughts that nobody signed, which Claude refuses: a client had them from another provider."""
    messages = []
    for index, message in enumerate(request.messages):
        left = [block for block in message.blocks if not isinstance(block, Thinking) or block.proof is not None]
        if len(left) < len(message.blocks):
            losses.note(f"messages[{index}].thinking", "Claude takes no thoughts without a signature")
        if left or not message.blocks:
            messages.append(msgspec.structs.replace(message, blocks=tuple(left)))
    return msgspec.structs.replace(request, messages=tuple(messages))


def _lacks_own(request: ChatRequest) -> bool:
    """Whether the last turn of the assistant calls tools and does not begin with thoughts that the request's dialect proved."""
    last = next((message for message in reversed(request.messages) if message.role == "assistant"), None)
    if last is None or not any(isinstance(block, ToolCall) for block in last.blocks):
        return False
    first = last.blocks[0]
    return not (isinstance(first, Thinking) and first.proof is not None and first.proof.issuer == request.dialect)
