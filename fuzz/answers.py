"""Bend recorded answers, whole and streamed, and write them in every dialect: ``python fuzz/answers.py [EXAMPLES] [DIALECT …]``.

A provider may send anything. Told is any exception but a MalformedReply, with the smallest answer that shows it. The check is
that of `tests/fuzz/test_answers.py`, which tries a few hundred. Recordings lie next to the checkout, see CONTRIBUTING.md.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from fuzz.dialects import CORPUS, RECORDED, client_dialects, one_of_each_wire

from accounting import Finding, bent, where_of
from limen.dialects.base import AnyDialect, Dialect
from limen.errors import MalformedReply
from limen.model.losses import Losses
from limen.model.request import ChatRequest, CompletionRequest
from limen.wire.sse import Frame

MOST_SEEDS = 300
CHAT = ChatRequest("m", (), "none")
COMPLETION = CompletionRequest("m", ("",), "none")


def answers(source: AnyDialect) -> list[Any]:
    """Recorded full answers in its wire, unlike in shape."""
    found: dict[str, Any] = {}
    for exchange in _recorded(source):
        if isinstance(exchange.get("response"), dict):
            found.setdefault(str(exchange.get("resp_shape")), exchange["response"])
    return list(found.values())[:MOST_SEEDS]


def streams(source: AnyDialect) -> list[list[Frame]]:
    """The frames of recorded streams in its wire, unlike in shape; those in another framing are left out."""
    found: dict[str, list[Frame]] = {}
    for exchange in _recorded(source):
        body = base64.b64decode(exchange.get("response_b64") or "") or (exchange.get("response_text") or "").encode()
        shape = str(exchange.get("resp_shape") or exchange["id"])
        if not body or shape in found:
            continue
        try:
            framer = source.stream_framer()
            frames = framer.feed(body)
            last = framer.close()
        except (MalformedReply, ValueError):
            continue
        found[shape] = frames if last is None else [*frames, last]
    return list(found.values())[:MOST_SEEDS]


def _recorded(source: AnyDialect) -> Iterator[dict[str, Any]]:
    for path in sorted(CORPUS.glob(RECORDED.get(source.wire, "-"))):
        for line in path.read_text(encoding="utf-8").splitlines():
            if len(line) < 60_000 and (exchange := json.loads(line))["status"] == 200:
                yield exchange


def check_answer(source: AnyDialect, targets: list[AnyDialect], body: Any) -> Iterator[Finding]:
    """What goes wrong with one full answer."""
    text = json.dumps(body).encode()
    try:
        response = source.parse_response(text)
    except MalformedReply:
        return
    except Exception as error:  # any other is what is looked for
        yield Finding("crash", f"{source.name} parse", where_of(error), text)
        return
    for target in targets:
        try:
            written = target.render_response(response, Losses())
            if target.wire == source.wire and json.loads(written) != json.loads(text):
                yield Finding("changed", f"{source.name} > {target.name}", "at home", text)
        except Exception as error:
            yield Finding("crash", f"{source.name} > {target.name}", where_of(error), text)


def check_stream(source: AnyDialect, targets: list[AnyDialect], frames: list[Frame]) -> Iterator[Finding]:
    """What goes wrong with one stream. A malformed frame ends it, as it would end it for a client."""
    text, events = b"".join(frame.raw for frame in frames), []
    parser = source.stream_parser()
    try:
        for frame in frames:
            events += parser.feed(frame)
        events += parser.close()
    except MalformedReply:
        pass
    except Exception as error:
        yield Finding("crash", f"{source.name} stream parse", where_of(error), text)
        return
    for target in targets:
        if type(target).stream_renderer is Dialect.stream_renderer:
            continue  # It does not stream.
        try:
            renderer = target.stream_renderer(CHAT if target.operation.value == "chat" else COMPLETION, Losses(), "p")
            for event in events:
                renderer.render(event)
            renderer.end()
        except Exception as error:
            yield Finding("crash", f"{source.name} > {target.name} stream", where_of(error), text)


def bent_frames(frames: list[Frame], random: Random, times: int) -> list[Frame]:
    """`frames` with some left out, doubled, swapped, or their JSON bent."""
    frames = list(frames)
    for _ in range(times if frames else 0):
        at = random.randrange(len(frames))
        kind = random.choice(("drop", "again", "swap", "bend", "bend", "bend"))
        if kind == "drop":
            del frames[at]
        elif kind == "again":
            frames.insert(at, frames[at])
        elif kind == "swap":
            other = random.randrange(len(frames))
            frames[at], frames[other] = frames[other], frames[at]
        else:
            frames[at] = _bent_frame(frames[at], random)
        if not frames:
            break
    return frames


def _bent_frame(frame: Frame, random: Random) -> Frame:
    try:
        value = json.loads(frame.data)
    except ValueError:
        return frame
    data = json.dumps(bent(value, random, random.choice((1, 1, 2)))).encode()
    return msgspec.structs.replace(frame, data=data, raw=frame.raw.replace(frame.data, data))


def findings(source: AnyDialect, targets: list[AnyDialect], examples: int, random: Random) -> Iterator[Finding]:
    """What is found in `examples` answers, every other one of them streamed."""
    whole, streamed = answers(source), streams(source)
    for number in range(examples):
        times = random.choice((0, 1, 1, 2, 3))
        if number % 2 and streamed:
            yield from check_stream(source, targets, bent_frames(random.choice(streamed), random, times))
        elif whole:
            yield from check_answer(source, targets, bent(deepcopy(random.choice(whole)), random, times))


def main() -> None:
    """Fuzz the answers of each dialect, or of those named, and print each finding once with the smallest that shows it."""
    names = [word for word in sys.argv[1:] if not word.isdecimal()]
    examples = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 10_000)
    dialects = client_dialects()
    for source in dialects:
        if names and source.name not in names:
            continue
        targets = [each for each in one_of_each_wire(dialects) if each.operation is source.operation]
        counts: Counter[tuple[str, str, str]] = Counter()
        smallest: dict[tuple[str, str, str], bytes] = {}
        begun = time.monotonic()
        for found in findings(source, targets, examples, Random(examples)):  # noqa: S311  a game of chance, not of secrets
            key = found[:3]
            counts[key] += 1
            if len(found.body) < len(smallest.get(key, found.body + b" ")):
                smallest[key] = found.body
        took = time.monotonic() - begun
        print(f"{source.name}: {examples} answers, {len(counts)} kinds of findings, {took:.0f} s")
        for key, count in counts.most_common():
            print(f"  {count:6} {' | '.join(key)}\n         {smallest[key][:600].decode('ascii', 'replace')}")


if __name__ == "__main__":
    main()
