"""A relayed answer of OpenAI's family in the clothes that MLflow's clients know.

MLflow's gateway always has certain keys, null where there is nothing to say, and names the provider. They are added to the
provider's own bytes: only the objects on the way to them are taken apart, every other value stays raw JSON.

Must not: leave anything out.
"""

from __future__ import annotations

import msgspec

from limen.dialects.json_text import decode, encode
from limen.errors import BadRequest, MalformedReply
from limen.wire.edit import Fields

Raw = msgspec.Raw
Members = dict[str, Raw]

_OBJECT = msgspec.json.Decoder(Members)
_OBJECTS = msgspec.json.Decoder(list[Members])
_ENCODER = msgspec.json.Encoder()
_NULL = Raw(b"null")
_EMPTY = Raw(b"{}")
_NO_USAGE = Raw(b'{"prompt_tokens":null,"completion_tokens":null,"total_tokens":null}')
_CHUNK = Raw(b'"text_completion_chunk"')

MESSAGE_KEYS = ("role", "content", "tool_calls", "refusal")
DELTA_KEYS = ("role", "content", "tool_calls")


def dress_chat(body: bytes, provider: str) -> bytes:
    """A full chat answer. `provider` is left out where it is not known."""
    answer = _read(body)
    _complete_choices(answer, "message", MESSAGE_KEYS)
    if answer.get("usage", _NULL) == _NULL:
        answer["usage"] = _NO_USAGE
    return _write(answer, provider)


def dress_chat_chunk(data: bytes, provider: str) -> bytes:
    """The data of one frame of a streamed chat answer, as a frame."""
    chunk = _read(data)
    _complete_choices(chunk, "delta", DELTA_KEYS)
    chunk.setdefault("usage", _NULL)
    return b"data: " + _write(chunk, provider) + b"\n\n"


def dress_completion(body: bytes) -> bytes:
    """A full legacy completion."""
    answer = _read(body)
    if answer.get("usage", _NULL) == _NULL:
        answer["usage"] = _NO_USAGE
        return _ENCODER.encode(answer)
    return body


def dress_completion_chunk(data: bytes) -> bytes:
    """The data of one frame of a streamed completion, as a frame: MLflow calls it a chunk."""
    chunk = _read(data)
    chunk["object"] = _CHUNK
    return b"data: " + _ENCODER.encode(chunk) + b"\n\n"


def _read(text: bytes) -> Members:
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return _read_slowly(text)


def _read_slowly(text: bytes) -> Members:
    """The same by the reader that takes half a surrogate pair."""
    try:
        return Fields.parse(bytes(text)).raw
    except BadRequest:
        raise MalformedReply("the provider's answer is not a JSON object") from None


def _read_choices(text: bytes) -> list[Members]:
    try:
        return _OBJECTS.decode(text)
    except msgspec.DecodeError:
        pass
    choices = decode(bytes(text))
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise MalformedReply("the provider's answer has choices that are not objects")
    return [{key: Raw(encode(value)) for key, value in choice.items()} for choice in choices]


def _complete_choices(answer: Members, key: str, keys: tuple[str, ...]) -> None:
    """See that each choice has a reason to finish, and under `key` an object with all of `keys`."""
    choices = _read_choices(answer.get("choices", b"[]"))
    for choice in choices:
        inner = choice.get(key, _NULL)
        said = _read(_EMPTY if inner == _NULL else inner)
        for name in keys:
            said.setdefault(name, _NULL)
        choice.setdefault("finish_reason", _NULL)
        choice[key] = Raw(_ENCODER.encode(said))
    answer["choices"] = Raw(_ENCODER.encode(choices))


def _write(answer: Members, provider: str) -> bytes:
    if provider:
        answer["provider"] = Raw(encode(provider))
    return _ENCODER.encode(answer)
