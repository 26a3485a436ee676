"""How hard a model is asked to think."""

import json
from typing import Any

import pytest

from anthropic_wire import parsed, sent
from limen.model.content import Text
from limen.model.losses import Losses
from limen.model.request import ChatRequest, Message, Reasoning
from openai_wire import exact

ASK = (Message("user", (Text("x"),)),)


def asked(model: str, reasoning: Reasoning, max_tokens: int | None = None) -> tuple[Any, Any, int, list[str]]:
    losses = Losses()
    body = sent(ChatRequest(model, ASK, "other", reasoning=reasoning, max_tokens=max_tokens), losses)
    return body.get("thinking"), body.get("output_config", {}).get("effort"), body["max_tokens"], list(losses)


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "word", "lost"),
    [
        ("claude-opus-4-8", "xhigh", {"type": "adaptive"}, "xhigh", []),
        ("claude-opus-4-6", "xhigh", {"type": "adaptive"}, "max", ["reasoning.effort"]),
        ("claude-opus-4-6", "minimal", {"type": "adaptive"}, "low", ["reasoning.effort"]),
        ("claude-opus-4-5", "high", {"type": "enabled", "budget_tokens": 24576}, "high", []),
        ("claude-sonnet-4-5", "low", {"type": "enabled", "budget_tokens": 4096}, None, ["reasoning.effort"]),
        ("claude-3-5-sonnet", "low", None, None, ["reasoning"]),
        ("claude-sonnet-4-5", "none", {"type": "disabled"}, None, []),
        ("claude-sonnet-5", "none", {"type": "disabled"}, None, []),
        ("claude-opus-5-5", "none", None, "low", ["reasoning"]),
        ("claude-opus-4-8", "colossal", None, None, ["reasoning.effort"]),
    ],
)
def test_an_effort_in_the_words_of_each_model(
    model: str, effort: str, thinking: Any, word: Any, lost: list[str]
) -> None:
    """Adaptive where there is such a thing, else a budget; what the model does not know is named."""
    found = asked(model, Reasoning(effort))
    assert (found[0], found[1], found[3]) == (thinking, word, lost)


def test_budgets_fit_between_their_bounds() -> None:
    """At least 1024 and less than max_tokens, which grows if the client gave none."""
    assert asked("claude-sonnet-4-5", Reasoning(budget=9000)) == (
        {"type": "enabled", "budget_tokens": 9000},
        None,
        32000,
        [],
    )
    assert asked("claude-sonnet-4-5", Reasoning(budget=40000))[2] > 40000
    assert asked("claude-sonnet-4-5", Reasoning(budget=10))[0] == {"type": "enabled", "budget_tokens": 1024}
    assert asked("claude-sonnet-4-5", Reasoning(budget=9000), 4000)[0] == {"type": "enabled", "budget_tokens": 2000}
    assert asked("claude-sonnet-4-5", Reasoning(budget=9000), 1500)[0] == {"type": "enabled", "budget_tokens": 1024}
    assert asked("claude-sonnet-4-5", Reasoning(budget=9000), 1000)[0] is None
    thinking, word, _, lost = asked("claude-opus-4-8", Reasoning(budget=9000))
    assert (thinking, word, lost) == ({"type": "adaptive"}, "medium", ["reasoning.budget"])


def test_a_summary_is_asked_for() -> None:
    """It is what newer models leave out unasked."""
    assert asked("claude-opus-4-8", Reasoning("low", summary="auto"))[0] == {
        "type": "adaptive",
        "display": "summarized",
    }
    off = asked("claude-opus-4-8", Reasoning(enabled=False, summary="auto"))
    assert (off[0], off[3]) == ({"type": "disabled"}, ["reasoning.summary"])


@pytest.mark.parametrize(
    "thinking",
    [
        {"type": "enabled", "budget_tokens": 1024, "display": "omitted"},
        {"type": "adaptive"},
        {"type": "disabled"},
        {"type": "between_tools"},
        {"type": "enabled", "budget_tokens": None},
        {},
        None,
    ],
)
@pytest.mark.parametrize("config", [..., {"effort": "max", "task_budget": {"total": 1}}, {"effort": None}, {}, None])
def test_own_words_come_back(thinking: Any, config: Any) -> None:
    """Known or not."""
    request = parsed(thinking=thinking, output_config=config)
    expected = {"thinking": thinking} | ({} if config is ... else {"output_config": config})
    body = sent(request)
    assert exact(repr_of({key: body[key] for key in expected})) == exact(repr_of(expected))


def repr_of(value: Any) -> bytes:
    return json.dumps(value).encode()
