"""The items of an answer that another dialect gave, as a client of this one reads them.

Ids are made of the answer's own id and the item's place, so that the same answer always has the same ones. They are at most 64
characters long, which is what OpenAI takes back.

Must not: know whether the answer is streamed.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.responses.client_tools import ClientTools
from limen.dialects.responses.items import CALL_OF_KIND
from limen.dialects.seal import NO_PROOF, seal_id, seal_proof
from limen.model.content import Proof, ToolCall

_LONGEST = 48
_PREFIXES = ("resp_", "chatcmpl-", "msg_", "gen-")


def answer_id(name: str) -> str:
    """The id of an answer: ``resp_`` before whatever its provider called it."""
    return name if name.startswith("resp_") else f"resp_{_bare(name)}"


def _bare(name: str) -> str:
    prefix = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    return name[len(prefix) :][-_LONGEST:] or "limen"


class AnswerItems:
    """Makes the items of one answer. `tools` knows what the client called its tools."""

    __slots__ = ("_bare", "tools")

    def __init__(self, name: str, tools: ClientTools) -> None:
        self._bare = _bare(name)
        self.tools = tools

    def name(self, prefix: str, index: int) -> str:
        """The id of the item at `index`."""
        return f"{prefix}_{self._bare}_{index}"

    def message(self, index: int, status: str = "completed") -> dict[str, Any]:
        """A message, still without its parts."""
        name = self.name("msg", index)
        return {"id": name, "type": "message", "status": status, "role": "assistant", "content": []}

    def reasoning(self, index: int, text: str, proof: Proof | None, status: str | None = None) -> dict[str, Any]:
        """A thought: its text is shown as a summary, which clients send back; a proof is sealed, and that there is none too."""
        summary = [{"type": "summary_text", "text": text}] if text else []
        built: dict[str, Any] = {"id": self.name("rs", index), "type": "reasoning", "summary": summary}
        if status is not None:
            built["status"] = status
        built["encrypted_content"] = seal_proof(proof or NO_PROOF)
        return built

    def call(self, index: int, call: ToolCall, arguments: str, status: str = "completed") -> dict[str, Any]:
        """A call of a tool, in the words of the tool that the client offered."""
        call_id = seal_id(call.id, (), call.proof)
        if call.kind in CALL_OF_KIND and call.kind != "function":
            kind, key = CALL_OF_KIND[call.kind]
            body: dict[str, Any] = {"type": kind, "name": call.name, key: arguments}
        else:
            body = self.tools.call(call.name, arguments)
        prefix = "ctc" if body["type"] == "custom_tool_call" else "fc"
        return {"id": self.name(prefix, index), "status": status, "call_id": call_id, **body}
