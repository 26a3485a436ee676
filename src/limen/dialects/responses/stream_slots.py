"""The blocks of an answer while they are streamed: what is told when each begins, goes on and ends.

Events are pairs of a type and its members; whoever writes them gives them their numbers.

Must not: know the order of events of the whole stream.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.responses.answer_items import AnswerItems
from limen.dialects.responses.citations import render_citation
from limen.model.content import Proof, Thinking, ToolCall

Told = tuple[str, dict[str, Any]]
_ADDED, _DONE = "response.output_item.added", "response.output_item.done"


class Slot:
    """One block: the place of its item, its text so far, and the event that carries a piece of it (None: pieces are not told).

    `item` is the whole item once the block has ended.
    """

    __slots__ = ("before", "index", "item", "piece", "texts")

    def __init__(self, index: int, piece: Told | None) -> None:
        self.index = index
        self.piece = piece
        self.before = b""
        self.texts: list[str] = []
        self.item: Any = None

    def add(self, text: str) -> None:
        """Remember a piece."""
        self.texts.append(text)

    @property
    def text(self) -> str:
        """All of the text so far."""
        return "".join(self.texts)

    def opening(self) -> list[Told]:
        """What is told when the block begins."""
        return []

    def before_text(self) -> list[Told]:
        """What must be told before the next piece."""
        return []

    def closing(self) -> list[Told]:
        """What is told when the block ends."""
        return []

    def prove(self, proof: Proof) -> bool:
        """Take a proof; False where there is no place for it any more."""
        return False

    def cite(self, citation: Any) -> Told | None:
        """Take a citation; None where it can't be said."""
        return None


class MessageSlot:
    """A message: its parts, and how many of them are not at their end."""

    __slots__ = ("_maker", "index", "item", "name", "open", "parts")

    def __init__(self, index: int, maker: AnswerItems) -> None:
        self._maker = maker
        self.index = index
        self.name = maker.name("msg", index)
        self.parts: list[Any] = []
        self.open = 0
        self.item: Any = None

    def opening(self) -> list[Told]:
        """The message, still empty."""
        return [(_ADDED, {"output_index": self.index, "item": self._maker.message(self.index, "in_progress")})]

    def closing(self) -> list[Told]:
        """The message as a whole. It is at hand as `item` from the end of its last part."""
        return [(_DONE, {"output_index": self.index, "item": self.item})]

    def complete(self) -> None:
        """Count one part less, and put the whole together."""
        self.open -= 1
        self.item = {**self._maker.message(self.index), "content": self.parts}


class PartSlot(Slot):
    """A text or a refusal, one of a message's parts."""

    __slots__ = ("_annotations", "_kind", "_message", "_place")

    def __init__(self, message: MessageSlot, kind: str) -> None:
        place: dict[str, Any] = {
            "item_id": message.name,
            "output_index": message.index,
            "content_index": len(message.parts),
        }
        beside: dict[str, Any] = {"logprobs": []} if kind == "output_text" else {}
        super().__init__(message.index, (f"response.{kind}.delta", {**place, **beside}))
        self._message = message
        self._kind = kind
        self._place = place
        self._annotations: list[Any] = []
        message.parts.append(self._part(""))
        message.open += 1

    def _part(self, text: str) -> dict[str, Any]:
        if self._kind == "refusal":
            return {"type": "refusal", "refusal": text}
        return {"type": "output_text", "text": text, "annotations": [*self._annotations], "logprobs": []}

    def opening(self) -> list[Told]:
        """The part, still empty."""
        return [("response.content_part.added", {**self._place, "part": self._part("")})]

    def closing(self) -> list[Told]:
        """The text, and the part with it."""
        part = self._message.parts[self._place["content_index"]] = self._part(self.text)
        self._message.complete()
        whole = {"refusal": self.text} if self._kind == "refusal" else {"text": self.text, "logprobs": []}
        done = (f"response.{self._kind}.done", {**self._place, **whole})
        return [done, ("response.content_part.done", {**self._place, "part": part})]

    def cite(self, citation: Any) -> Told | None:
        """A page that the text so far is taken from."""
        annotation = render_citation(citation, len(self.text)) if self._kind == "output_text" else None
        if annotation is None:
            return None
        number = len(self._annotations)
        self._annotations.append(annotation)
        members = {**self._place, "annotation_index": number, "annotation": annotation}
        return "response.output_text.annotation.added", members


class CallSlot(Slot):
    """A call of a tool. One that stands for a tool of another kind is told once all of its arguments are here."""

    __slots__ = ("_call", "_maker", "_whole")

    def __init__(self, index: int, call: ToolCall, maker: AnswerItems) -> None:
        self._call = call
        self._maker = maker
        self._whole = call.kind == "function" and maker.tools.is_whole(call.name)
        custom = call.kind == "custom"
        kind = "response.custom_tool_call_input.delta" if custom else "response.function_call_arguments.delta"
        name = maker.name("ctc" if custom else "fc", index)
        super().__init__(index, None if self._whole else (kind, {"item_id": name, "output_index": index}))

    def opening(self) -> list[Told]:
        """The call with its name, still without arguments."""
        if self._whole:
            return []
        item = self._maker.call(self.index, self._call, "", "in_progress")
        return [(_ADDED, {"output_index": self.index, "item": item})]

    def closing(self) -> list[Told]:
        """The arguments, and the call with them."""
        text = self.text
        self.item = item = self._maker.call(self.index, self._call, text)
        added: list[Told] = []
        if self._whole:
            key = next((key for key in ("input", "arguments") if key in item), None)
            empty = {**item, "status": "in_progress"}
            if key is not None:
                empty[key] = ""
            added = [(_ADDED, {"output_index": self.index, "item": empty})]
            if item["type"] == "custom_tool_call":
                place = {"item_id": item["id"], "output_index": self.index, "delta": item["input"]}
                added.append(("response.custom_tool_call_input.delta", place))
        told = {"item_id": item["id"], "output_index": self.index}
        if item["type"] == "custom_tool_call":
            added.append(("response.custom_tool_call_input.done", {**told, "input": item["input"]}))
        elif item["type"] == "function_call":
            whole = {**told, "name": item["name"], "arguments": text}
            added.append(("response.function_call_arguments.done", whole))
        return [*added, (_DONE, {"output_index": self.index, "item": item})]


class ThoughtSlot(Slot):
    """A thought, told as a summary."""

    __slots__ = ("_begun", "_maker", "_place", "_proof")

    def __init__(self, index: int, shell: Thinking, maker: AnswerItems) -> None:
        self._place = {"item_id": maker.name("rs", index), "output_index": index, "summary_index": 0}
        super().__init__(index, ("response.reasoning_summary_text.delta", self._place))
        self._maker = maker
        self._proof = shell.proof
        self._begun = False

    def opening(self) -> list[Told]:
        """The thought, still empty."""
        item = self._maker.reasoning(self.index, "", None, "in_progress")
        return [(_ADDED, {"output_index": self.index, "item": item})]

    def before_text(self) -> list[Told]:
        """The first piece is announced."""
        if self._begun:
            return []
        self._begun = True
        part = {"type": "summary_text", "text": ""}
        return [("response.reasoning_summary_part.added", {**self._place, "part": part})]

    def closing(self) -> list[Told]:
        """The text, and the thought with its proof."""
        text = self.text
        self.item = self._maker.reasoning(self.index, text, self._proof)
        told: list[Told] = []
        if self._begun:
            told.append(("response.reasoning_summary_text.done", {**self._place, "text": text}))
            part = {"type": "summary_text", "text": text}
            told.append(("response.reasoning_summary_part.done", {**self._place, "part": part}))
        return [*told, (_DONE, {"output_index": self.index, "item": self.item})]

    def prove(self, proof: Proof) -> bool:
        """The last proof is the one that holds; a signature in pieces has been put together by its parser."""
        self._proof = proof
        return True
