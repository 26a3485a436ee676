"""The page that tells what survives between any two dialects: ``python tests/conformance/page.py`` writes `docs/conformance.md`.

Everything in it is counted in recordings; nothing is claimed.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests")]

from conformance.crossing import KEPT, NAMED, REFUSED, SILENT  # noqa: E402
from conformance.exchanges import dialects, names, of  # noqa: E402
from conformance.facts import ANSWER_FEATURES, REQUEST_FEATURES  # noqa: E402
from conformance.pairs import KINDS, cross  # noqa: E402

PAGE = ROOT / "docs" / "conformance.md"
TITLES = {
    "openai_chat": "OpenAI chat",
    "openai_responses": "OpenAI Responses",
    "anthropic": "Anthropic",
    "gemini": "Gemini",
    "bedrock_converse": "Bedrock Converse",
    "cohere": "Cohere",
    "ollama_chat": "Ollama chat",
    "ollama_generate": "Ollama generate",
}
VERDICTS = {KEPT: "kept", NAMED: "named", REFUSED: "refused", SILENT: "said otherwise"}

HEAD = """# What survives between dialects

Made by `python tests/conformance/page.py` from the conformance suite in `tests/conformance/`; do not edit it. The suite runs
over {count:,} bodies that public projects recorded with real providers. They are not part of this repository: where they are not
beside the checkout, the suite says so and is skipped.

**At home.** Every request, answer and stream below is read into the hub and written again as the same JSON, each frame of a
stream with its event's name; a relayed stream goes through byte for byte. Every stream gives the same events whole and cut about
each frame's end, and one of each structure byte by byte. Every recorded error has its kind, and can be told in every dialect.
What is known not to be so stands in the suite, one by one, with a reason: it is less than 0.5 % in each dialect.

| dialect | requests | answers | streams | errors |
|---|---|---|---|---|
"""

ACROSS = """
**Across.** Every request, answer and stream of each dialect (the heading) is written in every other (the columns) and read again
there. For each feature that a recording has:

- **kept**: all of it is found in what the other dialect reads;
- **named**: something of it has no place there, and the `limen-dropped` header (in a stream, the log) names it;
- **refused**: the request is refused, in words, before it is sent;
- **said otherwise**: the same thing in other words, which the suite's table gives a reason for, one by one.

A number is how many recordings have the feature and that fate. An empty cell: no recording has the feature. All recordings are
taken, none is sampled away, and a difference that is neither kept nor named fails the suite.
"""


def page() -> str:
    """The whole page."""
    known = {each.wire: each for each in dialects()}
    kinds = (*KINDS, "error")
    counts = {name: [len(of(known[name], kind)) for kind in kinds] for name in names()}
    text = HEAD.format(count=sum(map(sum, counts.values())))
    for name, each in counts.items():
        text += f"| {title(name)} | {' | '.join(f'{count:,}' for count in each)} |\n"
    text += ACROSS
    for source in names():
        text += f"\n## From {title(source)}\n\nRequests of its clients, to providers of other dialects:\n\n"
        text += _table(source, ("request",), REQUEST_FEATURES)
        text += "\nAnswers of its providers, whole and streamed, to clients of other dialects:\n\n"
        text += _table(source, ("response", "stream"), ANSWER_FEATURES)
    return text


def title(name: str) -> str:
    """What people call a dialect."""
    return TITLES.get(name, name)


def _table(source: str, kinds: tuple[str, ...], features: tuple[str, ...]) -> str:
    targets = [each for each in names() if each != source]
    rows = [f"| | {' | '.join(map(title, targets))} |", f"|---{'|---' * len(targets)}|"]
    for feature in features:
        cells = [_cell(source, target, kinds, feature) for target in targets]
        if any(cells):
            rows.append(f"| {feature} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _cell(source: str, target: str, kinds: tuple[str, ...], feature: str) -> str:
    counts = cross(source, target).counts
    found = {word: sum(counts[kind, feature, verdict] for kind in kinds) for verdict, word in VERDICTS.items()}
    return ", ".join(f"{word} {count}" for word, count in found.items() if count)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
