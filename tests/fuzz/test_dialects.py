"""Bent requests, a few hundred for each dialect; `fuzz/dialects.py` tries as many as you like."""

from __future__ import annotations

import sys
from random import Random

import pytest

from accounting import bent, check, covers, marked
from limen.dialects.base import AnyDialect
from limen.dialects.ollama.chat import OllamaChat
from limen.dialects.openai.chat import OpenAIChat
from source_tree import ROOT

sys.path.insert(0, str(ROOT))

from fuzz.dialects import client_dialects, findings, one_of_each_wire, seeds

DIALECTS = client_dialects()


@pytest.mark.parametrize("source", DIALECTS, ids=lambda dialect: dialect.name)
def test_no_bent_request_crashes_or_vanishes(source: AnyDialect) -> None:
    """Whatever is wrong with a body: it is kept at home to the last key, and elsewhere each leaf arrives or is named."""
    if not seeds(source):
        pytest.skip(f"no recordings of {source.wire} beside the checkout")
    targets = [each for each in one_of_each_wire(DIALECTS) if each.operation is source.operation]
    found = [each for each in findings(source, targets, 300, Random(7)) if each is not None]
    assert found == []


def test_the_account_finds_what_is_lost() -> None:
    """A leaf that stands nowhere and is not named; and a loss that names it."""
    body = {"messages": [{"role": "user", "content": "hello"}], "seed": 5}
    bad, marks = marked(body, Random(1), 2)
    assert sorted(marks.values()) == ["7100000", "zq7100001"] or sorted(marks.values()) == ["7100001", "zq7100000"]

    class Deaf(OllamaChat):
        def render_request(self, request, losses):
            return b'{"messages":[]}'

    found = check(OpenAIChat(), [Deaf()], bad, marks)
    assert found is not None
    assert {each.what for each in found} == {"messages.*.content", "seed"}
    assert check(OpenAIChat(), [OllamaChat()], bad, marks) == []


@pytest.mark.parametrize(
    ("loss", "covered", "bare"),
    [
        ("seed", ("seed",), ("top_k",)),
        ("messages[1].name", ("messages", 1, "name"), ("messages", 1, "odd")),
        ("messages[0].content[2]", ("messages", 0, "content", 1, "file", "file_data"), ("tools", 0, "name")),
        ("reasoning.budget", ("thinking", "budget_tokens"), ("user",)),
        ("options.num_ctx", ("options", "num_ctx"), ("options", "num_gpu")),
    ],
)
def test_a_loss_covers_its_place_and_what_is_in_it(loss: str, covered: tuple[str, ...], bare: tuple[str, ...]) -> None:
    """By the names of both dialects."""
    assert covers(loss, covered)
    assert not covers(loss, bare)


def test_bending_is_the_same_for_the_same_chance() -> None:
    """So that what was found can be found again; the original is not touched."""
    body = {"messages": [{"role": "user", "content": ["a", {"b": 1}]}]}
    assert bent(body, Random(3), 3) == bent(body, Random(3), 3)
    assert body == {"messages": [{"role": "user", "content": ["a", {"b": 1}]}]}
