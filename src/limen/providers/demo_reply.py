"""What the answers of the demo provider are made of: blocks cut into tokens, bounded and stopped as the request asks.

Pure and deterministic.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

from limen.model.content import Block, Text, ToolCall, ToolResult
from limen.model.request import ChatRequest, CompletionRequest
from limen.model.response import FinishReason

LONGEST_QUOTE = 400
_TOKEN = re.compile(r"\s*\w{1,8}|\s*[^\w\s]|\s+")


class Part(msgspec.Struct, frozen=True):
    """One block of an answer: `shell` is the block without its text, `tokens` joined are that text."""

    shell: Text | ToolCall
    tokens: tuple[str, ...]

    def block(self) -> Block:
        """The whole block."""
        key = "text" if isinstance(self.shell, Text) else "arguments"
        return msgspec.structs.replace(self.shell, **{key: "".join(self.tokens)})


class Reply(msgspec.Struct, frozen=True):
    """One choice of an answer."""

    parts: tuple[Part, ...]
    finish: FinishReason = "stop"
    stop_sequence: str | None = None

    @property
    def count(self) -> int:
        """How many tokens it has."""
        return sum(len(part.tokens) for part in self.parts)


def split_tokens(text: str) -> tuple[str, ...]:
    """`text` in pieces of a word or less; joined, they are `text` again."""
    return tuple(_TOKEN.findall(text))


def bounded(reply: Reply, request: ChatRequest | CompletionRequest) -> Reply:
    """`reply` up to the first stop sequence, and no longer than `max_tokens`."""
    reply = _stopped(reply, request.stop or ())
    limit = request.max_tokens
    if limit is None or reply.count <= limit:
        return reply
    parts, left = [], max(limit, 0)
    for part in reply.parts:
        parts.append(Part(part.shell, tuple(islice(part.tokens, left))))
        left -= len(parts[-1].tokens)
        if not left:
            break
    return Reply(tuple(parts), "length")


def _stopped(reply: Reply, stop: Iterable[str]) -> Reply:
    if len(reply.parts) != 1 or not isinstance(reply.parts[0].shell, Text):
        return reply
    text = "".join(reply.parts[0].tokens)
    found = [(text.find(sequence), sequence) for sequence in stop if sequence and sequence in text]
    if not found:
        return reply
    position, sequence = min(found)
    return Reply((Part(Text(""), split_tokens(text[:position])),), "stop_sequence", sequence)


def echoed(reply: Reply, prompt: str) -> Reply:
    """`reply` after `prompt`."""
    if not prompt:
        return reply
    part = reply.parts[0]
    return msgspec.structs.replace(reply, parts=(Part(part.shell, (*split_tokens(prompt), *part.tokens)),))


def text_reply(text: str) -> Reply:
    """An answer of nothing but text."""
    return Reply((Part(Text(""), split_tokens(text)),))


def words(blocks: Iterable[Any]) -> str:
    """The words in `blocks`, tool results and arguments among them."""
    found = []
    for block in blocks:
        if isinstance(block, Text):
            found.append(block.text)
        elif isinstance(block, ToolResult):
            found.append(words(block.content))
        elif isinstance(block, ToolCall):
            found.append(block.arguments)
    return "\n".join(found)


def quote(text: str) -> str:
    """`text` on one line between quotation marks, cut where it is long."""
    text = " ".join(text.split())
    return f"“{text[:LONGEST_QUOTE]}{'…' if len(text) > LONGEST_QUOTE else ''}”"


def digest(data: bytes, size: int = 12) -> str:
    """A name for `data`: always the same one, in `size` bytes of hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=size).hexdigest()
