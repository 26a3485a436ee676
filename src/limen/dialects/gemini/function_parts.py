"""Calls of functions and their results as parts, to and from the hub.

Arguments and results are JSON objects here and JSON text in the hub.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from limen.dialects.extra import Extra, extra_of, marks_of
from limen.dialects.gemini.call_ids import Pairing, answer_id, is_made
from limen.dialects.gemini.media import render_media, take_media
from limen.dialects.gemini.proofs import put_signature
from limen.dialects.gemini.spelling import WIRE, keep, respell, take_text
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.rendering import Rendering
from limen.dialects.seal import open_id
from limen.model.content import Audio, Document, Image, Opaque, Proof, Text, ToolCall, ToolResult

_CALL = frozenset({"partialArgs", "willContinue"})
_RESPONSE = frozenset({"willContinue"})
_PART = frozenset({"inlineData", "fileData"})
_UNDER = "under:"
"""Mark, followed by the key of the response that the text stood under; none where the text is the whole response."""
_UNWRAPPED = ("result", "output", "error")


def take_call(part: dict[str, Any], marks: list[str], proof: Proof | None, pairing: Pairing | str) -> ToolCall | None:
    """The call in `part`; None if it is of no known shape. `pairing` is a conversation's, or tells one answer from others."""
    value = part.get("functionCall")
    if not isinstance(value, dict) or not isinstance(value.get("args"), dict | None):
        return None
    call = dict(part.pop("functionCall"))
    spelled = respell(call, _CALL)
    name, given = take_text(call, "name"), take_text(call, "id") if call.get("id") else None
    args = call.pop("args") if isinstance(call.get("args"), dict) else None
    arguments = "{}" if args is None else encode(args).decode()
    spelled += [mark for mark, found in (("-id", given), ("-name", name), ("-args", args)) if found is None]
    if isinstance(pairing, Pairing):
        opened = open_id(given or "")
        call_id = pairing.call(opened.id or None, name or "")
        proof = proof or opened.proof
    else:
        call_id = given or answer_id(pairing or f"{name} {arguments}", 0)
    if call or spelled:
        part["functionCall"] = Extra(call, spelled)
    return ToolCall(call_id, name or "", arguments, proof=proof, extra=extra_of(part, *marks))


def number_call(call: ToolCall, seed: str, position: int) -> ToolCall:
    """`call` with an id of its position among an answer's calls, if Gemini gave it none."""
    if not is_made(call.id):
        return call
    return msgspec.structs.replace(call, id=answer_id(seed or f"{call.name} {call.arguments}", position))


def render_call(call: ToolCall, rendering: Rendering, where: str) -> dict[str, Any]:
    """`call` as a part."""
    built: dict[str, Any] = {"name": call.name, "args": _arguments(call, rendering, where)}
    if not is_made(call.id) and call.id:
        built["id"] = call.id
    part = {"functionCall": built}
    put_signature(part, call.proof, rendering, where)
    if call.cache is not None:
        rendering.lose(f"{where}.cache_control", "this dialect has no marks for prompt caches")
    return _keep_nested(part, "functionCall", call.extra, rendering, where)


def _keep_nested(
    part: dict[str, Any], key: str, extra: Mapping[str, Any], rendering: Rendering, where: str
) -> dict[str, Any]:
    """`part` with `extra` back in it, and what `extra` has under `key` back in the object there, in its spelling."""
    nested = extra.get(key)
    if rendering.same and isinstance(nested, Extra):
        keep(part[key], nested, rendering, where)
        extra = Extra({name: kept for name, kept in extra.items() if name != key}, marks_of(extra))
    return keep(part, extra, rendering, where)


def _arguments(call: ToolCall, rendering: Rendering, where: str) -> Any:
    """The arguments as an object; text that is none goes under a key of its own."""
    if rendering.same:
        return msgspec.Raw(call.arguments.encode())
    if call.kind == "function" and not call.arguments.strip():
        return {}
    value = _object_in(call.arguments) if call.kind == "function" else None
    if value is None:
        rendering.lose(f"{where}.arguments", "text that is not a JSON object goes under `input`")
        return {"input": call.arguments}
    return value


def _object_in(text: str) -> Any:
    """The JSON object that `text` is, as it is written; None if it is none."""
    raw = text.encode("utf-8", "surrogatepass")
    if raw.lstrip()[:1] != b"{":
        return None
    try:
        value = decode(raw)
    except (NotJson, UnicodeDecodeError):
        return None
    return value if isinstance(value, dict) else None


def take_result(part: dict[str, Any], marks: list[str], pairing: Pairing) -> ToolResult | None:
    """The result in `part`; None if it is of no known shape."""
    value = part.get("functionResponse")
    if not isinstance(value, dict) or not isinstance(value.get("response"), dict | None):
        return None
    result = dict(part.pop("functionResponse"))
    spelled = respell(result, _RESPONSE)
    name, given = take_text(result, "name"), take_text(result, "id") if result.get("id") else None
    spelled += [mark for mark, found in (("-id", given), ("-name", name)) if found is None]
    content, is_error = _take_response(result, spelled)
    content += _take_parts(result)
    if result or spelled:
        part["functionResponse"] = Extra(result, spelled)
    call_id = pairing.result(None if given is None else open_id(given).id, name or "")
    return ToolResult(call_id, tuple(content), is_error, name, extra=extra_of(part, *marks))


def _take_response(result: dict[str, Any], marks: list[str]) -> tuple[list[Any], bool | None]:
    response = result.get("response")
    if not isinstance(response, dict):
        marks.append("-response")
        return [], None
    del result["response"]
    if len(response) == 1:
        [(key, text)] = response.items()
        if key in _UNWRAPPED and isinstance(text, str):
            marks.append(_UNDER + key)
            return [Text(text)], True if key == "error" else None
    return [Text(encode(response).decode())], True if "error" in response else None


def _take_parts(result: dict[str, Any]) -> list[Any]:
    """The media of a result, if each of its parts is one."""
    values = result.get("parts")
    if not isinstance(values, list) or not values or not all(isinstance(value, dict) for value in values):
        return []
    blocks: list[Any] = []
    for value in values:
        part = dict(value)
        media = take_media(part, respell(part, _PART))
        blocks.append(Opaque(WIRE, value) if media is None else media)
    del result["parts"]
    return blocks


def render_result(result: ToolResult, names: Mapping[str, str], rendering: Rendering, where: str) -> dict[str, Any]:
    """`result` as a part. `names` has the function of each call, since Gemini wants it with the result."""
    texts = [block.text for block in result.content if isinstance(block, Text)]
    name = result.name if rendering.same else result.name or None
    built: dict[str, Any] = {"name": names.get(result.call_id) or result.call_id if name is None else name}
    built["response"] = _response(result, texts, rendering)
    if not is_made(result.call_id) and result.call_id:
        built["id"] = result.call_id
    parts = [_render_part(block, rendering, f"{where}.content[{i}]") for i, block in enumerate(result.content)]
    found = [part for part in parts if part is not None]
    if found:
        built["parts"] = found
    if result.cache is not None:
        rendering.lose(f"{where}.cache_control", "this dialect has no marks for prompt caches")
    return _keep_nested({"functionResponse": built}, "functionResponse", result.extra, rendering, where)


def _render_part(block: Any, rendering: Rendering, where: str) -> Any:
    match block:
        case Image() | Audio() | Document():
            return render_media(block, rendering, where)
        case Opaque():
            return rendering.own(block, where)
        case Text():
            if not rendering.same:
                rendering.keep({}, block.extra, where)
            return None
        case _:
            rendering.lose(where, "a result holds text and media only")
            return None


def _response(result: ToolResult, texts: list[str], rendering: Rendering) -> Any:
    """What a result says, as the object that Gemini wants: text under `output`, as the reference tells, or under `error`."""
    nested = result.extra.get("functionResponse")
    if rendering.same and isinstance(nested, Extra):
        under = next((mark.removeprefix(_UNDER) for mark in nested.marks if mark.startswith(_UNDER)), None)
        if under is not None and len(texts) == 1:
            return {under: texts[0]}
    text = texts[0] if len(texts) == 1 else "\n".join(texts)
    if rendering.same and texts:
        return msgspec.Raw(text.encode())
    if not result.is_error:
        value = _object_in(text)
        if value is not None:
            return value
    return {"error" if result.is_error else "output": text}
