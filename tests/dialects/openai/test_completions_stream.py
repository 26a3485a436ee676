"""The chunks of a streamed legacy completion."""

import json
from typing import Any

from openai.types import Completion

from limen.dialects.openai.completions import OpenAICompletions
from limen.model.content import Text, Thinking
from limen.model.events import BlockDelta, BlockStart, BlockStop, Event, Finish, Start, UsageReport
from limen.model.losses import Losses
from limen.model.usage import Usage
from openai_wire import chunks, events, rendered

DIALECT = OpenAICompletions()


def stream(*choices: dict[str, Any]) -> bytes:
    said = [json.dumps({"id": "c", "model": "m", "choices": [choice]}) for choice in choices]
    return "".join(f"data: {text}\n\n" for text in [*said, "[DONE]"]).encode()


def through(*choices: dict[str, Any]) -> list[Event]:
    data = stream(*choices)
    found = events(DIALECT, data)
    assert chunks(rendered(DIALECT, found)) == chunks(data)
    return found[1:]


def test_text_is_one_block() -> None:
    """An empty text begins nothing; the last may come with the reason."""
    assert through(
        {"index": 0, "text": "", "finish_reason": None},
        {"index": 0, "text": "a", "finish_reason": None},
        {"index": 0, "text": "b", "finish_reason": "length"},
    ) == [
        BlockStart(0, Text("")),
        BlockDelta(0, "a"),
        BlockDelta(0, "b", extra={"joined": True}),
        BlockStop(0),
        Finish("length", "length"),
    ]


def test_odd_chunks_come_back() -> None:
    """Without index, without text, with a delta that belongs elsewhere."""
    through(
        {"index": 0, "text": "a", "logprobs": {"tokens": ["a"]}, "stop_reason": None, "finish_reason": None},
        {"text": "b", "finish_reason": None},
        {"index": 0, "text": None},
        {"index": 0, "text": "c", "logprobs": [1], "finish_reason": "stop", "stop_reason": 7},
        {"delta": {}, "finish_reason": "stop"},
    )


def test_another_dialects_stream_is_its_text() -> None:
    """The rest is named."""
    losses = Losses()
    found = [
        Start("i", "m", "other"),
        BlockStart(0, Thinking("")),
        BlockDelta(0, "hm"),
        BlockStart(1, Text("")),
        BlockDelta(1, "a"),
        BlockDelta(1, "b", logprobs=[1]),
        UsageReport(Usage(input_uncached=1, output_text=2)),
        Finish("stop"),
    ]
    told = [json.loads(text) for text in chunks(rendered(DIALECT, found, losses=losses))[:-1]]
    choices = [chunk["choices"][0] for chunk in told[:-1]]
    assert [(choice["text"], choice["finish_reason"]) for choice in choices] == [("a", None), ("b", None), ("", "stop")]
    # OpenAI's own frames have a null there until the end, which its own type does not allow.
    last = Completion.model_validate(told[-2])
    assert (last.object, last.model) == ("text_completion", "m")
    assert (told[-1]["choices"], told[-1]["usage"]["total_tokens"]) == ([], 3)
    assert [name for name, _ in losses.items()] == ["choices[0].content[0]", "logprobs"]
