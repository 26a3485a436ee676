"""Relayed answers in MLflow's clothes."""

import json

import pytest

from limen.dialects.mlflow.dress import dress_chat, dress_chat_chunk, dress_completion, dress_completion_chunk
from limen.errors import MalformedReply

NO_USAGE = {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}


def test_a_chat_answer_gets_mlflows_keys() -> None:
    """Null where there is nothing to say; the provider by name."""
    body = b'{"id":"x","choices":[{"index":0,"message":{"role":"assistant","tool_calls":[1]}},{"message":null}]}'
    assert json.loads(dress_chat(body, "openai")) == {
        "id": "x",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": None, "tool_calls": [1], "refusal": None},
                "finish_reason": None,
            },
            {"message": {"role": None, "content": None, "tool_calls": None, "refusal": None}, "finish_reason": None},
        ],
        "usage": NO_USAGE,
        "provider": "openai",
    }


def test_other_values_keep_their_bytes() -> None:
    """Unknown fields, 30-digit integers, exponents, odd Unicode."""
    values = [b"123456789012345678901234567890", b"1.0", b"1e400", b'"\xe2\x80\xa8\\u00e9"', b'{ "z":1 , "a" : [ ] }']
    for value in values:
        message = b'{"choices":[{"message":{"x":%s},"y":%s}],"usage":%s,"z":%s}' % ((value,) * 4)
        assert dress_chat(message, "p").count(value) == 4
        frame = dress_chat_chunk(b'{"choices":[{"delta":{"x":%s},"y":%s}],"usage":%s,"z":%s}' % ((value,) * 4), "p")
        assert frame.count(value) == 4


def test_half_a_surrogate_pair_survives() -> None:
    """Where a server cut a stream inside an emoji."""
    body = b'{"choices":[{"delta":{"content":"\\ud83d"},"big":123456789012345678901234567890}],"x":1.0}'
    frame = dress_chat_chunk(body, "p")
    assert b'"content":"\\ud83d"' in frame
    assert b"123456789012345678901234567890" in frame
    assert b'"x":1.0' in frame


def test_a_chunk_gets_mlflows_keys() -> None:
    """It is a frame again; usage and calls are null unless they are there."""
    frame = dress_chat_chunk(b'{"choices":[{"index":0,"delta":{"content":"a"}}],"provider":"inner"}', "openai")
    assert frame.startswith(b"data: {")
    assert frame.endswith(b"}\n\n")
    assert json.loads(frame[6:]) == {
        "choices": [{"index": 0, "delta": {"role": None, "content": "a", "tool_calls": None}, "finish_reason": None}],
        "provider": "openai",
        "usage": None,
    }
    assert json.loads(dress_chat_chunk(b'{"choices":[],"usage":{"x":1}}', "")[6:]) == {"choices": [], "usage": {"x": 1}}


def test_completions_are_nearly_openais() -> None:
    """A chunk has a name of its own; an answer has a usage."""
    whole = b'{ "choices":[], "usage":{} }'
    assert dress_completion(whole) is whole
    assert json.loads(dress_completion(b'{"choices":[]}')) == {"choices": [], "usage": NO_USAGE}
    assert json.loads(dress_completion_chunk(b'{"object":"text_completion","choices":[{"text":"a"}]}')[6:]) == {
        "object": "text_completion_chunk",
        "choices": [{"text": "a"}],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"choices":1}',
        b'{"choices":[1]}',
        b'{"choices":[{"message":1}]}',
        b'{"choices":[{"message":{}',
    ],
)
def test_what_cannot_be_dressed_is_malformed(body: bytes) -> None:
    """A provider's nonsense is the provider's fault."""
    with pytest.raises(MalformedReply):
        dress_chat(body, "p")
