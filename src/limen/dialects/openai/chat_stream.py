"""The deltas of a streamed chat answer, read: block boundaries are made here, once.

A block begins with the first text of another kind (thoughts, text, refusal, each call) and ends where the next begins. Empty
strings, which many servers send in every frame, begin nothing. Calls are told apart by index, or by id where a server gives no
index or the same one to all. A late piece for a call that is closed already keeps that call's number.
"""

from __future__ import annotations

from typing import Any

import msgspec

from limen.dialects.extra import Extra, marks_of
from limen.dialects.members import LenientMembers
from limen.dialects.openai.content import PART, said_in
from limen.dialects.openai.finish import parse_reason
from limen.dialects.openai.stream import (
    CALL,
    CHOICE,
    DELTA,
    ITEM,
    UNDER,
    Open,
    OpenAIStreamParser,
    finish_of,
    rest_of,
    with_extra,
)
from limen.dialects.openai.thinking import DETAILS, KEYS, detailed_text, take_proof, under
from limen.dialects.openai.tool_calls import BODIES, LEGACY, legacy_id, read_call
from limen.model.content import Opaque, Refusal, Text, Thinking, ToolCall
from limen.model.events import BlockDelta, Event, Finish

_TEXT = Text("")
_REFUSAL = Refusal("")


class ChatStreamParser(OpenAIStreamParser):
    """Frames of a streamed chat answer in, events out."""

    content_key = b'"content"'

    def template(self, choice: dict[str, Any]) -> dict[str, Any]:
        """What stands beside `delta`, with nulls for what the events tell."""
        rest = {key: value for key, value in choice.items() if key not in ("index", "delta")}
        return {key: None if key in ("finish_reason", "logprobs") and value else value for key, value in rest.items()}

    def read_choice(self, choice: dict[str, Any], state: Open, out: list[Event]) -> bool:
        """Append the events of one choice."""
        begun = len(out)
        delta = choice.get("delta")
        if isinstance(delta, dict):
            self._read_delta(delta, state, out)
        raw = finish_of(choice)
        if raw is not None:
            state.stop(out)
            state.finished = True
            out.append(Finish(parse_reason(raw), raw, state.index))
        if len(out) == begun:
            return False
        if isinstance(choice.get("logprobs"), dict):
            _attach_logprobs(choice, out, begun)
        self._keep(choice, delta, out)
        return True

    def _keep(self, choice: dict[str, Any], delta: Any, out: list[Event]) -> None:
        """Keep what no event tells with the last of them."""
        kept: dict[str, Any] = {}
        if isinstance(delta, dict):
            del choice["delta"]
            rest = rest_of(choice)
            if delta:
                kept[DELTA] = delta
        else:
            rest = rest_of(choice, "-delta")
        if rest != self.choice_rest or marks_of(rest):
            kept[CHOICE] = rest
        if kept:
            out[-1] = with_extra(out[-1], kept)

    def _read_delta(self, delta: dict[str, Any], state: Open, out: list[Event]) -> None:
        content = delta.get("content")
        if len(delta) > 1 or not content:
            _read_thinking(delta, state, out, self.wire)
        if content:
            if isinstance(content, str):
                del delta["content"]
                out.append(BlockDelta(state.block("text", _TEXT, out), content, state.index))
            elif isinstance(content, list) and all(isinstance(part, dict) for part in content):
                del delta["content"]
                for part in content:
                    _read_part(part, state, out, self.wire)
        if len(delta) == 0:
            return
        refusal = delta.get("refusal")
        if refusal and isinstance(refusal, str):
            del delta["refusal"]
            out.append(BlockDelta(state.block("refusal", _REFUSAL, out), refusal, state.index))
        annotations = delta.get("annotations")
        if annotations and isinstance(annotations, list):
            del delta["annotations"]
            number = state.block("text", _TEXT, out)
            out += [BlockDelta(number, choice=state.index, citation=citation) for citation in annotations]
        calls = delta.get("tool_calls")
        if calls and isinstance(calls, list) and all(isinstance(call, dict) for call in calls):
            del delta["tool_calls"]
            for call in calls:
                _read_call(call, state, out)
        legacy = delta.get("function_call")
        if isinstance(legacy, dict) and _read_legacy(legacy, state, out):
            del delta["function_call"]


def _attach_logprobs(choice: dict[str, Any], out: list[Event], begun: int) -> None:
    for position in range(begun, len(out)):
        event = out[position]
        if isinstance(event, BlockDelta):
            out[position] = msgspec.structs.replace(event, logprobs=choice["logprobs"])
            choice["logprobs"] = None
            return


def _read_thinking(delta: dict[str, Any], state: Open, out: list[Event], wire: str) -> None:
    key = next((key for key in KEYS if delta.get(key) and isinstance(delta[key], str)), None)
    if key is not None:
        text = delta.pop(key)
        number = state.block(f"thinking {key}", Thinking("", extra=under(key)), out)
        out.append(BlockDelta(number, text, state.index, proof=take_proof(delta, wire)))
    elif delta.get(DETAILS):
        text = detailed_text(delta[DETAILS])
        proof = take_proof(delta, wire)
        if text or proof is not None:
            kind = state.kind if state.kind.startswith("thinking ") else "thinking "
            number = state.block(kind, Thinking("", extra=under("")), out)
            out.append(BlockDelta(number, text, state.index, proof=proof, extra={UNDER: ""}))


def _read_part(part: dict[str, Any], state: Open, out: list[Event], wire: str) -> None:
    """One of a list of parts, which Mistral streams where it thinks or cites."""
    rest = dict(part)
    kind = rest.pop("type", None)
    if kind == "text" and isinstance(rest.get("text"), str):
        text = rest.pop("text")
        number = state.block("text", _TEXT, out)
    elif kind == "thinking" and isinstance(rest.get("thinking"), list):
        text = said_in(rest["thinking"])
        if rest["thinking"] == [{"type": "text", "text": text}]:
            del rest["thinking"]
        number = state.block("thinking in part", Thinking("", extra=Extra({}, (PART,))), out)
    else:
        state.begin("opaque", Opaque(wire, part), out)
        return
    out.append(BlockDelta(number, text, state.index, extra={ITEM: rest}))


def _read_call(item: dict[str, Any], state: Open, out: list[Event]) -> None:
    index, name = item.get("index"), item.get("id")
    known = next((call for call in reversed(state.calls) if _continues(call, index, name)), None)
    if known is None:
        _begin_call(item, index, state, out)
        return
    _, number, _, kind = known
    if type(index) is int:
        del item["index"]
    body, key = item.get(kind), BODIES.get(kind, "arguments")
    marks = [] if type(index) is int else ["-index"]
    text = ""
    if isinstance(body, dict) and isinstance(body.get(key), str):
        text = body.pop(key)
        if not body:
            del item[kind]
    elif isinstance(body, dict):
        item[kind] = Extra(body, (f"-{key}",))
    else:
        marks.append(f"-{kind}")
    extra = {CALL: Extra(item, marks)} if item or marks else {}
    out.append(BlockDelta(number, text, state.index, extra=extra))


def _continues(call: tuple[Any, int, str, str], index: Any, name: Any) -> bool:
    """Whether a piece with this index and id belongs to `call`."""
    at, _, known, _ = call
    if name and known and name != known:
        return False
    return bool(at == index if type(index) is int else not name or name == known)


def _begin_call(item: dict[str, Any], index: Any, state: Open, out: list[Event]) -> None:
    ordinal = len(state.calls)
    if index == ordinal and type(index) is int:
        del item["index"]
    call = read_call(LenientMembers(item, "tool_calls"))
    if type(index) is not int:
        call = msgspec.structs.replace(call, extra=Extra(call.extra, (*marks_of(call.extra), "-index")))
    shell = msgspec.structs.replace(call, arguments="")
    number = state.begin("call", shell, out)
    state.calls.append((index if type(index) is int else None, number, call.id, call.kind))
    if call.arguments:
        out.append(BlockDelta(number, call.arguments, state.index))


def _read_legacy(body: dict[str, Any], state: Open, out: list[Event]) -> bool:
    """A piece of the one call of old; tells whether it was one."""
    name, text = body.get("name"), body.get("arguments")
    if name and isinstance(name, str):
        del body["name"]
        marks = (LEGACY,) if isinstance(text, str) else (LEGACY, "-arguments")
        if isinstance(text, str):
            del body["arguments"]
        number = state.begin("legacy", ToolCall(legacy_id(name), name, "", extra=Extra(body, marks)), out)
        if text and isinstance(text, str):
            out.append(BlockDelta(number, text, state.index))
        return True
    if isinstance(text, str) and state.kind == "legacy":
        out.append(BlockDelta(state.number, text, state.index))
        return True
    return False
