"""What became of a request on its way to another dialect: bodies bent at random, marked leaves, and where those are afterwards.

The account is approximate: a leaf is kept if its mark stands anywhere in what was written, and told if a loss is named at or near
its place. It finds what vanishes without a word, not what lands in the wrong place.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, NamedTuple

from limen.dialects.base import AnyDialect
from limen.dialects.json_text import decode
from limen.errors import ClientFault
from limen.model.losses import Losses

Path = tuple[str | int, ...]
HOSTILE = (
    "",
    " ",
    "\x00",
    "\ud83d",
    "\x00limen\x00",
    "c-limen1-AAAA",
    "limen1-AAAA",
    "data:;base64,",
    "data:image/png;base64,AAAA",
    "https://x.test/a?b#c",
    "{",
    '{"a": 1, "a": 2}',
    "[" * 2000,
    "null",
    "__proto__",
    "e\u0301\u202e\u2028",
    "x" * 5000,
)
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, -0.0, 1e300, 2**63, 10**40, "", "x", [], {}, [None], [[]], [{}], {"": None}, {"type": "text"},
)  # fmt: skip
EMPTY_ANYWAY = "Invalid 'messages': empty array. Expected at least one message."
"""A request without messages loads a model at Ollama, or continues what is stored; nobody else has such a thing, and says so."""
SEGMENT = re.compile(r"[^.\[\]]+")


class Finding(NamedTuple):
    """Something that should not be: of what kind, between which dialects, where or what, and the body that shows it."""

    kind: str
    way: str
    what: str
    body: bytes


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every text and number in `value`, with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield path, value


def at(value: Any, path: Path) -> Any:
    """What stands at `path`."""
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, new: Any) -> None:
    """Put `new` at `path`, in place."""
    at(value, path[:-1])[path[-1]] = new


def nodes(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in `value` but the whole."""
    inner: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for step, each in inner:
        yield (*path, step)
        yield from nodes(each, (*path, step))


def _drop(body: Any, path: Path, random: Random) -> None:
    del at(body, path[:-1])[path[-1]]


def _again(body: Any, path: Path, random: Random) -> None:
    holder, value = at(body, path[:-1]), deepcopy(at(body, path))
    if isinstance(holder, list):
        holder.insert(int(path[-1]), value)
    else:
        holder[f"{path[-1]}_2"] = value


def _retype(body: Any, path: Path, random: Random) -> None:
    put(body, path, deepcopy(random.choice(ODD)))


def _nest(body: Any, path: Path, random: Random) -> None:
    value = at(body, path)
    put(body, path, random.choice(([value], {"x": value}, [[value]], json.dumps(value))))


def _swap(body: Any, path: Path, random: Random) -> None:
    other = random.choice(list(nodes(body)))
    if path[: len(other)] != other and other[: len(path)] != path:
        mine, theirs = at(body, path), at(body, other)
        put(body, path, theirs)
        put(body, other, mine)


def _poison(body: Any, path: Path, random: Random) -> None:
    put(body, path, random.choice(HOSTILE))


def _grow(body: Any, path: Path, random: Random) -> None:
    value = at(body, path)
    if isinstance(value, dict):
        value[random.choice(("zz", "type", "extra_body", "cache_control"))] = deepcopy(random.choice(ODD))
    else:
        put(body, path, random.choice((10**30, -(10**20), 1e-320, 2**64)))


MUTATIONS: tuple[Callable[[Any, Path, Random], None], ...] = (_drop, _again, _retype, _nest, _swap, _poison, _grow)


def bent(body: Any, random: Random, times: int) -> Any:
    """`body` with up to `times` things in it changed."""
    body = deepcopy(body)
    for _ in range(times):
        places = list(nodes(body))
        if places:
            random.choice(MUTATIONS)(body, random.choice(places), random)
    return body


def marked(body: Any, random: Random, most: int) -> tuple[Any, dict[Path, str]]:
    """`body` with a mark of its own in up to `most` leaves; texts stay texts and numbers whole numbers."""
    body, marks = deepcopy(body), {}
    found = [(path, leaf) for path, leaf in leaves(body) if path[-1:] != ("type",) and path[-1:] != ("role",)]
    for path, leaf in random.sample(found, min(most, len(found))):
        number = 7_100_000 + len(marks)
        marks[path] = f"zq{number}" if isinstance(leaf, str) else str(number)
        put(body, path, marks[path] if isinstance(leaf, str) else number)
    return body, marks


def check(source: AnyDialect, targets: Iterable[AnyDialect], body: Any, marks: dict[Path, str]) -> list[Finding] | None:
    """What is wrong with how `body` is read and written for each of `targets`; None if it was refused, in words."""
    text = json.dumps(body).encode()
    try:
        request = source.parse_request(text)
    except ClientFault:
        return None
    except Exception as error:  # any other is what is looked for
        return [Finding("crash", f"{source.name} parse", where_of(error), text)]
    return [finding for target in targets for finding in _cross(source, target, request, (text, marks))]


def _cross(
    source: AnyDialect, target: AnyDialect, request: Any, asked: tuple[bytes, dict[Path, str]]
) -> Iterator[Finding]:
    (text, marks), way, losses = asked, f"{source.name} > {target.name}", Losses()
    try:
        wanted = request if source.wire == target.wire else source.translatable(request, losses)
        written = target.render_request(wanted, losses)
        value = decode(written)
    except ClientFault:
        return
    except Exception as error:
        yield Finding("crash", way, where_of(error), text)
        return
    if source.wire == target.wire:
        if _exact(value) != _exact(json.loads(text)):
            yield Finding("changed", way, "at home", text)
        return
    said = written.decode("utf-8", "replace")
    for path, mark in marks.items():
        if (
            not (is_told_elsewhere(path) or is_envelope(source.wire, path))
            and not is_said(mark, said)
            and not any(covers(loss, path) for loss in losses)
        ):
            yield Finding("silent", way, ".".join("*" if isinstance(step, int) else step for step in path), text)
    try:
        target.parse_request(written)
    except ClientFault as error:
        if str(error) != EMPTY_ANYWAY:
            yield Finding("refused", way, str(error), text)
    except Exception as error:
        yield Finding("crash", f"{way} parse", where_of(error), text)


def is_said(mark: str, text: str) -> bool:
    """Whether `mark` stands in `text`, as it is or as the base64 of a file."""
    return mark in text or b64encode(mark.encode()).decode().rstrip("=") in text


def is_told_elsewhere(path: Path) -> bool:
    """Whether a leaf need not arrive: the model may be in the path, a result's tool is known by its call, a schema by itself."""
    return path == ("model",) or "$schema" in path or path[-1] == "tool_name" or path[-2:] in IMPLIED


def is_envelope(wire: str, path: Path) -> bool:
    """Whether a leaf belongs to its wire alone: `docs/dialects.md` lists what does."""
    names = tuple("*" if isinstance(step, int) else step for step in path)
    return names in ENVELOPE.get(wire, ())


def _exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def where_of(error: Exception) -> str:
    """The type of an exception, and the file and line that it came from."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"


ENVELOPE: dict[str, set[Path]] = {
    "openai_responses": {("input", "*", "id"), ("input", "*", "status"), ("input", "*", "phase")},
}
"""What a request's wire has of its own round the content; a value of another shape is no envelope and must be named."""

IMPLIED = {
    *((holder, name) for holder in ("fileData", "file_data") for name in ("mimeType", "mime_type")),
    ("functionResponse", "name"),
    ("function_response", "name"),
    ("image", "format"),
    ("document", "format"),
}
"""The type of what stands at an address, which elsewhere its server tells; the function of a result, which its call names."""

# Names for one thing in several dialects: a loss told in one of them covers a leaf that stood under another.
KIN = (
    {"max_tokens", "max_completion_tokens", "num_predict", "max_output_tokens", "maxOutputTokens", "maxTokens"},
    {
        "reasoning",
        "thinking",
        "think",
        "reasoning_effort",
        "reasoning_content",
        "tool_plan",
        "budget",
        "effort",
        "enabled",
        "budget_tokens",
        "thinkingConfig",
        "reasoning_config",
        "reasoningConfig",
        "reasoningContent",
    },
    {"p", "top_p", "topP"},
    {"k", "top_k", "topK"},
    {"proof", "signature"},
    {"name", "tool_name"},
    {
        "response_format",
        "format",
        "text",
        "json_schema",
        "output_format",
        "responseSchema",
        "responseJsonSchema",
        "schema",
    },
    {"stop", "stop_sequences", "stopSequences"},
    {"tool_choice", "function_call", "tool_config", "toolConfig", "toolChoice"},
    {"tools", "functions"},
    {"repetition_penalty", "repeat_penalty"},
    {"user", "metadata", "user_id"},
    {"messages", "system", "contents", "input", "prompt", "instructions", "systemInstruction", "images"},
    {"stream_usage", "stream_options"},
    {"n", "candidateCount"},
    {"modalities", "responseModalities"},
    {"presence_penalty", "presencePenalty"},
    {"frequency_penalty", "frequencyPenalty"},
    {"logprobs", "top_logprobs", "responseLogprobs"},
    {"tool_calls", "functionCall"},
    {"tool_name", "tool_call_id", "functionResponse"},
    {"proof", "signature", "data", "encrypted_content", "thoughtSignature"},
    {"top_k", "k", "topK"},
    {"top_p", "p", "topP"},
    {"parallel_tool_calls", "disable_parallel_tool_use"},
)


OF_CALLS = {"tool_calls", "tool_call_id", "tool_name"}
IN_CALLS = {"tool_calls", "toolUseId", "input", "args", "arguments", "name", "id", "tool_use_id", "call_id"}
"""A loss of calls as a whole covers what is in them, by the names of all dialects."""


def _kin(name: str | int) -> set[str | int]:
    found = {name}.union(*(family for family in KIN if name in family))
    # Google's servers read every key in both spellings.
    return found | {
        re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), each) for each in found if isinstance(each, str)
    }


def covers(loss: str, path: Path) -> bool:
    """Whether a loss of this name tells of a leaf at `path`, or of something that it is a part of."""
    told = [int(part) if part.isdecimal() else part for part in SEGMENT.findall(loss)]
    names = [part for part in told if isinstance(part, str)]
    if not names or not path:
        return False
    if not _kin(told[0]) & {path[0]}:
        return any(_kin(names[-1]) & {step} for step in path)
    if len(names) == 1 or len(path) == 1 or tuple(told) == path[: len(told)]:
        return True
    if names[-1] in OF_CALLS and any(step in IN_CALLS for step in path):
        return True
    # A block's place in the hub need not be its place on the wire: the last name decides, or that all of a block is lost.
    return names[-1] == "content" or any(_kin(names[-1]) & {step} for step in path)
