"""Gemini's generateContent, as strict as Gemini 3: calls of the current turn come back with the signature that it gave them.

Sources: ai.google.dev, "Thought signatures" and "Function calling"; its refusals as users quote them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from validating.play import INPUT_TOKENS, OUTPUT_TOKENS, Model, Question, Refused, Said, event, known, pieces, require

BODY = {
    "contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig", "cachedContent", "labels",
    "model",
}  # fmt: skip
PART = {
    "text", "thought", "thoughtSignature", "functionCall", "functionResponse", "inlineData", "fileData", "mediaResolution",
    "executableCode", "codeExecutionResult", "videoMetadata",
}  # fmt: skip
SCHEMA = {
    "type", "format", "title", "description", "nullable", "enum", "properties", "required", "propertyOrdering", "items",
    "anyOf", "default", "example", "pattern", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength",
    "minProperties", "maxProperties",
}  # fmt: skip
FREE = ("args", "response", "parameters", "parametersJsonSchema", "responseSchema", "responseJsonSchema")
"""What is in these is the caller's own."""
DUMMIES = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
FINISH = {"stop": "STOP", "tools": "STOP", "length": "MAX_TOKENS"}
USAGE = {
    "promptTokenCount": INPUT_TOKENS,
    "candidatesTokenCount": OUTPUT_TOKENS,
    "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
}
STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED"}


class Gemini:
    """`issued` are its signatures."""

    content_type = "text/event-stream"

    def __init__(self) -> None:
        self.model = Model("fc_")
        self.issued: set[str] = set()

    def named(self, path: str, body: dict[str, Any]) -> str:
        return path.split("models/")[1].split(":", maxsplit=1)[0]

    def streams(self, path: str, body: dict[str, Any]) -> bool:
        return ":streamGenerateContent" in path

    def read(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> Question:
        require(":generateContent" in path or path.endswith(":streamGenerateContent?alt=sse"), "Not found", 404)
        require(headers.get("x-goog-api-key") == "sk-test", "API key not valid.", 401)
        body = _camel(body)
        known(body, BODY, 'Invalid JSON payload received. Unknown name "{}": Cannot find field.')
        for tool in body.get("tools") or ():
            for function in tool.get("functionDeclarations") or ():
                _check_schema(function.get("parameters") or {})
        contents = body.get("contents")
        require(contents, "contents is not specified")
        for index, content in enumerate(contents):
            self._check_content(content, f"contents[{index}]")
        _check_pairs(contents)
        asked = [index for index, each in enumerate(contents) if each["role"] == "user" and _text(each)]
        require(asked, "contents is not specified")
        self._check_turn(contents[asked[-1] :], asked[-1])
        thinking = (body.get("generationConfig") or {}).get("thinkingConfig") or {}
        return _question(contents, asked[-1], thinks=bool(thinking.get("includeThoughts")))

    def _check_content(self, content: dict[str, Any], where: str) -> None:
        require(content.get("role") in ("user", "model"), "Please use a valid role: user, model.")
        require(content.get("parts"), f"Unable to submit request because {where} must include at least one parts field")
        for part in content["parts"]:
            known(part, PART, 'Invalid JSON payload received. Unknown name "{}": Cannot find field.')
            data = {"text", "functionCall", "functionResponse", "inlineData", "fileData"} & part.keys()
            require(len(data) == 1, f"{where}.parts: required oneof field 'data' must have one initialized field")
            if "functionCall" in part:
                require(isinstance(part["functionCall"].get("args", {}), dict), "args: expected an object")
            if "functionResponse" in part:
                require(isinstance(part["functionResponse"].get("response"), dict), "response: expected an object")
                require(part["functionResponse"].get("name"), f"{where}: Name cannot be empty.")
            if "thoughtSignature" in part:
                self._check_signature(part["thoughtSignature"])

    def _check_signature(self, signature: str) -> None:
        if signature in DUMMIES:
            return
        try:
            if base64.b64decode(signature, validate=True).decode("latin-1") in DUMMIES:
                return
        except binascii.Error:
            raise Refused("Invalid value at 'thought_signature' (TYPE_BYTES), Base64 decoding failed") from None
        require(signature in self.issued, "Corrupted thought signature.")

    def _check_turn(self, contents: list[dict[str, Any]], first: int) -> None:
        """The first call of each of the model's steps since the user's last words is signed."""
        for index, content in enumerate(contents, first):
            calls = [part for part in content["parts"] if "functionCall" in part]
            if content["role"] == "model" and calls:
                name = calls[0]["functionCall"]["name"]
                require(
                    calls[0].get("thoughtSignature"),
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
                    f"correctly. Additional data, function call `default_api:{name}` , position {index + 1}.",
                )

    def _parts(self, said: Said) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = []
        if said.thought:
            parts += [{"text": piece, "thought": True} for piece in pieces(said.thought, 9)]
        if said.text:
            parts += [{"text": piece} for piece in pieces(said.text, 9)]
        calls = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in said.calls]
        if calls:
            signature = base64.b64encode(self.model.mint("signed+").encode()).decode()
            self.issued.add(signature)
            calls[0]["thoughtSignature"] = signature  # type: ignore[assignment]
        return [*parts, *calls]

    def whole(self, said: Said, body: dict[str, Any]) -> Any:
        thoughts = [{"text": said.thought, "thought": True}] if said.thought else []
        texts = [{"text": said.text}] if said.text else []
        calls = [part for part in self._parts(said) if "functionCall" in part]
        return _answer(self.model.mint("r-"), [*thoughts, *texts, *calls], FINISH[said.finish])

    def stream(self, said: Said, body: dict[str, Any]) -> list[bytes]:
        parts = self._parts(said)
        name = self.model.mint("r-")
        ended = event(_answer(name, [{"text": ""}], FINISH[said.finish]))
        return [*[event(_answer(name, [part], None)) for part in parts], ended]

    def refusal(self, refused: Refused) -> tuple[Any, dict[str, str]]:
        status = STATUS.get(refused.status, "UNAVAILABLE")
        return {"error": {"code": refused.status, "message": refused.message, "status": status}}, {}


def _camel(value: Any) -> Any:
    """Names as the API's documentation has them: it takes those of protocol buffers as well."""
    if isinstance(value, list):
        return [_camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for key, inner in value.items():
        first, *rest = key.split("_")
        name = first + "".join([part.capitalize() for part in rest])
        found[name] = inner if name in FREE else _camel(inner)
    return found


def _answer(name: str, parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": "gemini-3-pro", "responseId": name}


def _check_schema(schema: dict[str, Any]) -> None:
    known(
        schema,
        SCHEMA,
        "Invalid JSON payload received. Unknown name \"{}\" at 'tools[0].function_declarations[0].parameters'",
    )
    for inner in (schema.get("properties") or {}).values():
        _check_schema(inner)


def _check_pairs(contents: list[dict[str, Any]]) -> None:
    """As many responses as calls in the turn after these; a call comes after a user's turn or a response."""
    before = 0
    for index, content in enumerate(contents):
        responses = sum("functionResponse" in part for part in content["parts"])
        calls = sum("functionCall" in part for part in content["parts"])
        require(
            responses == before,
            "Please ensure that the number of function response parts is equal to the number of function call parts of the "
            "function call turn.",
        )
        after_user = index > 0 and contents[index - 1]["role"] == "user"
        require(
            not calls or after_user,
            "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
        )
        before = calls
    require(not before, "Please ensure that function response turn comes immediately after a function call turn.")


def _question(contents: list[dict[str, Any]], asked: int, *, thinks: bool) -> Question:
    since = contents[asked:]
    rounds = sum(any("functionCall" in part for part in content["parts"]) for content in since)
    found = [part["functionResponse"]["response"] for part in contents[-1]["parts"] if "functionResponse" in part]
    results = [str(next(iter(response.values()))) for response in found]
    return Question(_text(contents[asked]), tuple(results), rounds, thinks)


def _text(content: dict[str, Any]) -> str:
    return "".join([part.get("text", "") for part in content["parts"]])
