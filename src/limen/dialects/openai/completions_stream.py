"""The chunks of a streamed legacy completion: `text` stands in the choice itself."""

from __future__ import annotations

from typing import Any

from limen.dialects.extra import marks_of
from limen.dialects.openai.finish import parse_reason
from limen.dialects.openai.stream import CHOICE, Open, OpenAIStreamParser, finish_of, rest_of, with_extra
from limen.dialects.openai.stream_writer import OpenAIStreamRenderer, Piece, Slot
from limen.model.content import Text
from limen.model.events import BlockDelta, BlockStart, Event, Finish

_TEXT = Text("")


class CompletionsStreamParser(OpenAIStreamParser):
    """Frames of a streamed completion in, events out."""

    content_key = b'"text"'

    def template(self, choice: dict[str, Any]) -> dict[str, Any]:
        """What stands beside the text, with nulls for what the events tell."""
        rest = {key: value for key, value in choice.items() if key not in ("index", "text")}
        return {key: None if key in ("finish_reason", "logprobs") and value else value for key, value in rest.items()}

    def read_choice(self, choice: dict[str, Any], state: Open, out: list[Event]) -> bool:
        """Append the events of one choice."""
        begun = len(out)
        text = choice.get("text")
        if text and isinstance(text, str):
            number = state.block("text", _TEXT, out)
            logprobs = choice.get("logprobs")
            if logprobs is not None:
                choice["logprobs"] = None
            out.append(BlockDelta(number, text, state.index, logprobs=logprobs))
        raw = finish_of(choice)
        if raw is not None:
            state.stop(out)
            state.finished = True
            out.append(Finish(parse_reason(raw), raw, state.index))
        if len(out) == begun:
            return False
        marks = () if isinstance(choice.pop("text", None), str) else ("-text",)
        rest = rest_of(choice, *marks)
        if rest != self.choice_rest or marks_of(rest):
            out[-1] = with_extra(out[-1], {CHOICE: rest})
        return True


class CompletionsStreamRenderer(OpenAIStreamRenderer):
    """Events of a streamed answer in, frames of legacy completions out: text alone."""

    kind = "text_completion"
    has_calls = False

    def announce(self, choice: int) -> bytes:
        """Nothing: a completion has no role to tell."""
        return b""

    def open_slot(self, event: BlockStart) -> Slot | None:
        """Only text has a place."""
        if isinstance(event.shell, Text):
            return Slot("text")
        self.rendering.lose(f"choices[{event.choice}].content[{event.block}]", "a completion is text alone")
        return None

    def put_start(self, event: BlockStart, slot: Slot, piece: Piece) -> None:
        """Nothing: text begins unsaid."""

    def put_delta(self, event: BlockDelta, slot: Slot, piece: Piece) -> None:
        """Put a piece of text."""
        piece.delta["text"] = piece.delta.get("text", "") + event.text
        if event.logprobs is not None and self.rendering.same:
            piece.said["logprobs"] = event.logprobs
        elif event.logprobs is not None:
            self.rendering.lose("logprobs", "another dialect's log probabilities have another shape")

    def finish_piece(self, index: int, piece: Piece) -> dict[str, Any]:
        """A choice with its text."""
        return {"index": index, "text": piece.delta.get("text", ""), **piece.said}
