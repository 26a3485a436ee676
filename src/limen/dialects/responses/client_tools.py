"""Tools that only this dialect can offer, offered as functions, and the calls of those functions turned back.

A client such as Codex gives its model free-form tools (`apply_patch`), shells and namespaces of functions. A provider of another
dialect knows functions alone. So each becomes one: a free-form tool a function with one string, `input`; a shell a function with
the members of its action; a function in a namespace one whose name begins with the namespace's. What the model then calls is told
to the client in the words of the tool that it had offered.

Must not: know where the answer comes from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from limen.dialects.json_text import NotJson, decode, encode
from limen.model.request import Tool

_LONGEST_NAME = 64
_BARE = frozenset({"type", "name"})
_FREEFORM = _BARE | {"description", "format"}
_NAMESPACE = _BARE | {"tools"}
_FUNCTION = _BARE | {"description", "parameters", "strict"}
_UNKNOWN = "known to the dialect it came from alone"
_SAY_NOTHING: tuple[Any, ...] = (None, "", [], {})
_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}


class Described(NamedTuple):
    """A tool whose shape is OpenAI's: its call's type, the key that holds what the model wants, and how a function says that."""

    call: str
    key: str
    description: str
    parameters: dict[str, Any]
    fixed: dict[str, Any]


def _schema(required: dict[str, Any], optional: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {**required, **optional}, "required": list(required)}


DESCRIBED = {
    "local_shell": Described(
        "local_shell_call",
        "action",
        "Runs a command on the user's machine and returns what it prints. `command` is the program and its arguments.",
        _schema({"command": {"type": "array", "items": _TEXT}}, {"working_directory": _TEXT, "timeout_ms": _NUMBER}),
        {"type": "exec", "env": {}},
    ),
    "shell": Described(
        "shell_call",
        "action",
        "Runs shell commands, each in a shell of its own, and returns what they print.",
        _schema({"commands": {"type": "array", "items": _TEXT}}, {"timeout_ms": _NUMBER, "max_output_length": _NUMBER}),
        {},
    ),
    "apply_patch": Described(
        "apply_patch_call",
        "operation",
        "Creates, changes or deletes one file. `diff` is in the V4A format; a deletion has none.",
        _schema(
            {"type": {"type": "string", "enum": ["create_file", "update_file", "delete_file"]}, "path": _TEXT},
            {"diff": _TEXT},
        ),
        {},
    ),
}
"""Source: OpenAI's guides to the local shell, shell and apply_patch tools, and the types of its Python library."""
CALL_KEYS = {each.call: (name, each.key) for name, each in DESCRIBED.items()}


def namespaced(namespace: str, name: str) -> str:
    """The name of a function in a namespace, as one that every provider takes."""
    return f"{namespace}__{name}"[-_LONGEST_NAME:]


def wrap_input(text: str) -> str:
    """The arguments of the function that stands for a free-form tool."""
    return encode({"input": text}).decode()


class ClientTools:
    """The tools of one request: how they are offered elsewhere, and what a call of one is here."""

    def __init__(self, tools: Iterable[Tool]) -> None:
        self.offered: list[Tool] = []
        self.left_out: list[Tool] = []
        self.lost: list[tuple[str, str]] = []
        """What a function can't say of the tools that it stands for, and why."""
        self._restored: dict[str, tuple[str, str, str]] = {}
        for index, tool in enumerate(tools):
            self._offer(tool, f"tools[{index}]")

    def _offer(self, tool: Tool, where: str) -> None:
        data = tool.data if isinstance(tool.data, dict) else {}
        if tool.kind == "function":
            self.offered.append(tool)
        elif tool.kind == "custom":
            self._put(_freeform(tool, data), "custom", tool.name)
            self._name_rest(data, _FREEFORM, where)
        elif tool.kind in DESCRIBED:
            described = DESCRIBED[tool.kind]
            self._put(Tool(tool.kind, described.description, described.parameters), tool.kind, tool.kind)
            self._name_rest(data, _BARE, where)
        elif tool.kind == "namespace":
            self._offer_all(tool, data, where)
        else:
            self.left_out.append(tool)
            self.lost.append((where, f"a tool of type {tool.kind}, which OpenAI's own servers run"))

    def _name_rest(self, data: dict[str, Any], known: frozenset[str], where: str) -> None:
        """Note what a tool has beside what is `known`; null and empty say nothing."""
        self.lost += [(f"{where}.{key}", _UNKNOWN) for key in data.keys() - known if data[key] not in _SAY_NOTHING]
        form = data.get("format") if "format" in known else None
        if isinstance(form, dict) and "definition" in form:
            self.lost.append((f"{where}.format", "the grammar is told to the model, not enforced"))
        elif form and form != {"type": "text"}:
            self.lost.append((f"{where}.format", _UNKNOWN))
        if not isinstance(data.get("description"), str | None):
            self.lost.append((f"{where}.description", _UNKNOWN))

    def _offer_all(self, tool: Tool, data: dict[str, Any], where: str) -> None:
        """The functions of a namespace, one by one."""
        self._name_rest(data, _NAMESPACE, where)
        told = data.get("tools")
        for index, inner in enumerate(told if isinstance(told, list) else ()):
            name = inner.get("name") if isinstance(inner, dict) else None
            place = f"{where}.tools[{index}]"
            if not isinstance(name, str):
                self.lost.append((place, "a tool without a name"))
                continue
            if not isinstance(inner.get("parameters"), dict | None):
                self.lost.append((f"{place}.parameters", _UNKNOWN))
            self._name_rest(inner, _FREEFORM if inner.get("type") == "custom" else _FUNCTION, place)
            outer = namespaced(tool.name, name)
            if inner.get("type") == "custom":
                self._put(_freeform(Tool(outer), inner), "custom", name, tool.name)
            else:
                known = {key: inner.get(key) for key in ("description", "parameters", "strict")}
                if not isinstance(known["parameters"], dict | None):
                    known["parameters"] = None
                self._put(Tool(outer, **known), "function", name, tool.name)

    def _put(self, tool: Tool, kind: str, name: str, namespace: str = "") -> None:
        self.offered.append(tool)
        self._restored[tool.name] = (kind, name, namespace)

    def is_whole(self, name: str) -> bool:
        """Whether a call of `name` can only be told once all of its arguments are here."""
        return self._restored.get(name, ("function",))[0] != "function"

    def call(self, name: str, arguments: str) -> dict[str, Any]:
        """A call of the function `name`: the item for it, without ids and status."""
        kind, bare, namespace = self._restored.get(name, ("function", name, ""))
        beside = {"namespace": namespace} if namespace else {}
        if kind == "custom":
            return {"type": "custom_tool_call", "name": bare, "input": _input_of(arguments), **beside}
        if kind != "function":
            told = _object(arguments)
            if told is not None:
                described = DESCRIBED[kind]
                return {"type": described.call, described.key: {**described.fixed, **told}}
        return {"type": "function_call", "name": bare, "arguments": arguments, **beside}


def _freeform(tool: Tool, data: dict[str, Any]) -> Tool:
    described = "The whole input of the tool, as plain text."
    form = data.get("format")
    if isinstance(form, dict) and isinstance(form.get("definition"), str):
        syntax = form.get("syntax", "")
        described = f"{described} It must match this {syntax} grammar:\n{form['definition']}"
    parameters = _schema({"input": {"type": "string", "description": described}}, {})
    description = data.get("description")
    return Tool(tool.name, description if isinstance(description, str) else None, parameters)


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = decode(text.encode())
    except (NotJson, UnicodeEncodeError):
        return None
    return value if isinstance(value, dict) else None


def _input_of(arguments: str) -> str:
    """The text in the arguments; all of them where a model has not kept to the one string."""
    told = _object(arguments)
    text = told.get("input") if told is not None else None
    return text if isinstance(text, str) else arguments
