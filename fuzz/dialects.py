"""Bend recorded requests and look what each dialect makes of them: ``python fuzz/dialects.py [EXAMPLES] [DIALECT …]``.

Each request is read in its own dialect and written in every other. Told are: a crash (anything but a refusal in words), a body
that changes at home, a leaf that vanishes without being named, and a body that the dialect it was written in would refuse.
The checks are those of `tests/fuzz/test_dialects.py`, which tries a few hundred; this is for hours. Recordings lie next to the
checkout, see CONTRIBUTING.md; without them the fixtures of the tests are bent.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import limen.dialects
from accounting import Finding, bent, check, marked
from limen.dialects.base import AnyDialect, Dialect
from limen.errors import ClientFault
from limen.model.operation import Operation

CORPUS = ROOT.parent / "shared" / "corpus"
RECORDED = {
    "openai_chat": "*.chat.jsonl",
    "openai_completions": "*.completions.jsonl",
    "openai_responses": "*.responses.jsonl",
    "anthropic": "*.messages.jsonl",
    "gemini": "*.generateContent.jsonl",
    "bedrock_converse": "*.converse.jsonl",
    "cohere": "cohere.chat_native.jsonl",
    "ollama_chat": "ollama.chat_native.jsonl",
    "ollama_generate": "ollama.generate_native.jsonl",
}
"""For each wire, where requests in it were recorded."""
FIXTURES = {"openai_chat": "openai/*/request.json"}
MOST_SEEDS = 400


def client_dialects() -> list[AnyDialect]:
    """One of each dialect that reads requests of clients: those with a name, made without anything."""
    found: dict[str, AnyDialect] = {}
    for module in pkgutil.walk_packages(limen.dialects.__path__, "limen.dialects."):
        for kind in vars(importlib.import_module(module.name)).values():
            if not (isinstance(kind, type) and issubclass(kind, Dialect)) or inspect.isabstract(kind):
                continue
            needs = [each for each in inspect.signature(kind).parameters.values() if each.default is each.empty]
            if hasattr(kind, "name") and not needs and kind.operation in (Operation.CHAT, Operation.COMPLETIONS):
                found.setdefault(kind.name, kind())
    return [found[name] for name in sorted(found)]


def seeds(source: AnyDialect) -> list[Any]:
    """Recorded requests in its wire that were answered, unlike in shape; fixtures where there are none. All of them are taken."""
    shapes: dict[str, Any] = {}
    for path in sorted(CORPUS.glob(RECORDED.get(source.wire, "-"))):
        for line in path.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            if exchange["status"] == 200 and isinstance(exchange.get("request"), dict) and len(line) < 100_000:
                shapes.setdefault(str(exchange.get("req_shape")), exchange["request"])
    if not shapes:
        paths = sorted((ROOT / "tests" / "fixtures").glob(FIXTURES.get(source.wire, "-")))
        shapes = {str(path): json.loads(path.read_text()) for path in paths}
    nameless = [{key: value for key, value in body.items() if key != "model"} for body in shapes.values()]
    return [body for body in (*shapes.values(), *nameless) if is_taken(source, body)][:MOST_SEEDS]


def is_taken(source: AnyDialect, body: Any) -> bool:
    """Whether `source` reads `body`; those for a path with the model in it refuse one in the body."""
    try:
        source.parse_request(json.dumps(body).encode())
    except ClientFault:
        return False
    return True


def one_of_each_wire(dialects: list[AnyDialect]) -> list[AnyDialect]:
    """What to write in: where several dialects share a wire, the one that it is named after."""
    found: dict[tuple[Operation, str], AnyDialect] = {}
    for each in sorted(dialects, key=lambda each: each.name != each.wire):
        found.setdefault((each.operation, each.wire), each)
    return list(found.values())


def findings(source: AnyDialect, targets: list[AnyDialect], examples: int, random: Random) -> Iterator[Finding | None]:
    """What is found in `examples` requests; None for one that was refused in words."""
    bodies = seeds(source)
    for _ in range(examples if bodies else 0):
        body = bent(random.choice(bodies), random, random.choice((0, 0, 1, 1, 2, 3)))
        body, marks = marked(body, random, random.randint(1, 12))
        found = check(source, targets, body, marks)
        yield from [None] if found is None else found


def main() -> None:
    """Fuzz each dialect, or those named, and print each finding once, most frequent first, with the smallest body."""
    names = [word for word in sys.argv[1:] if not word.isdecimal()]
    examples = next((int(word) for word in sys.argv[1:] if word.isdecimal()), 10_000)
    dialects = client_dialects()
    for source in dialects:
        if names and source.name not in names:
            continue
        targets = [each for each in one_of_each_wire(dialects) if each.operation is source.operation]
        counts: Counter[tuple[str, str, str]] = Counter()
        smallest: dict[tuple[str, str, str], bytes] = {}
        refused, begun = 0, time.monotonic()
        for found in findings(source, targets, examples, Random(examples)):  # noqa: S311  a game of chance, not of secrets
            if found is None:
                refused += 1
                continue
            key = found[:3]
            counts[key] += 1
            if len(found.body) < len(smallest.get(key, found.body + b" ")):
                smallest[key] = found.body
        took = time.monotonic() - begun
        print(f"{source.name}: {examples} requests, {refused} refused, {len(counts)} kinds of findings, {took:.0f} s")
        for key, count in counts.most_common():
            print(f"  {count:6} {' | '.join(key)}\n         {smallest[key][:600].decode('ascii', 'replace')}")


if __name__ == "__main__":
    main()
