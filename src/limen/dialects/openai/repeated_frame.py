"""Frames of a stream that differ in their text alone, which nearly all frames of an answer do.

Once a frame has been read and was found to say nothing but a piece of text, what stands before and after the text is
remembered. A frame with the same bytes there can be no other JSON than the first but for the text, if that is one JSON string.
"""

from __future__ import annotations

import re

import msgspec

from limen.model.events import BlockDelta, Event

_STRING = msgspec.json.Decoder(str)
_TEXT = re.compile(rb'[ ]?(?=")"(?:[^"\\]|\\.)*"')


class Repeated(msgspec.Struct, frozen=True):
    """What stands around the text, and the block that the text belongs to."""

    before: bytes
    after: bytes
    block: int
    choice: int

    def text_of(self, data: bytes) -> str:
        """The text of a frame that is like the first one; empty if it is not, or says nothing."""
        if not data.startswith(self.before) or not data.endswith(self.after):
            return ""
        try:
            return _STRING.decode(data[len(self.before) : len(data) - len(self.after)])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""


def learn(data: bytes, event: Event, key: bytes) -> Repeated | None:
    """What to look for in the next frames, after `data` was read as the one `event`, a text under `key`. None if unsure.

    An unescaped key in quotes can't stand inside a JSON string, so if the key is there once it is the one that was read.
    """
    if not isinstance(event, BlockDelta) or event.extra or data.count(key + b":") != 1:
        return None
    if event.proof is not None or event.citation is not None or event.logprobs is not None:
        return None
    start = data.index(key + b":") + len(key) + 1
    found = _TEXT.match(data, start)
    if found is None or _decoded(found[0]) != event.text:
        return None
    return Repeated(data[:start], data[found.end() :], event.block, event.choice)


def _decoded(text: bytes) -> str | None:
    try:
        return _STRING.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
