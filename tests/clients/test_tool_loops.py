"""Ten rounds of tools, with thoughts, through every SDK, before providers that check everything that comes back.

Users give an answer back in two ways: as the SDK's own object, or made anew from its text and its calls alone. And they
change the model in the middle.
"""

from __future__ import annotations

import pytest

from sdks.client import Answered, Client
from sdks.ground import CLIENTS, PROVIDERS, Ground

ROUNDS = 10
WAYS = [(name, stream) for name in CLIENTS for stream in (False, True) if not (stream and name == "mlflow")]
ways = pytest.mark.parametrize(("client", "stream"), WAYS)
rebuilding = pytest.mark.parametrize("rebuilt", [False, True], ids=["own", "rebuilt"])


def loop(client: Client, models: list[str], *, stream: bool, rebuilt: bool) -> list[Answered]:
    """Call tools until the model has said its last; one model for each round. Every answer."""
    messages = [client.user(f"loop {len(models) - 1}")]
    found = []
    for model in models:
        try:
            answer = client.ask(model, list(messages), tools=True, thinks=True, stream=stream)
        except Exception as error:
            error.add_note(f"round {len(found)}: {' '.join(models[max(len(found) - 3, 0) : len(found) + 1])}")
            raise
        found.append(answer)
        messages += client.back(answer, rebuilt=rebuilt)
        if answer.calls:
            texts = [f"result {len(found)}.{number}" for number, _ in enumerate(answer.calls)]
            messages += client.results(answer, texts)
    return found


def check(found: list[Answered]) -> None:
    """Each round called what it had to, and the last answer has the last results."""
    for number, answer in enumerate(found[:-1]):
        names = ["get_weather", "get_time"] if number % 2 else ["get_weather"]
        assert ([call.name for call in answer.calls], answer.finish) == (names, "tools")
    rounds = len(found) - 1
    results = f"result {rounds}.0, result {rounds}.1" if rounds % 2 == 0 else f"result {rounds}.0"
    assert (found[-1].text, found[-1].calls) == (f"Done: {results}", ())


@rebuilding
@pytest.mark.parametrize("model", PROVIDERS)
@ways
def test_loop(ground: Ground, client: str, stream: bool, model: str, rebuilt: bool) -> None:
    """One model: no request of ten is refused."""
    check(loop(ground.client(client), [model] * (ROUNDS + 1), stream=stream, rebuilt=rebuilt))


def circuit(names: list[str]) -> list[str]:
    """A walk in which each name follows each, itself included, exactly once."""
    steps = {name: list(reversed(names)) for name in names}
    walk, stack = [], [names[0]]
    while stack:
        if steps[stack[-1]]:
            stack.append(steps[stack[-1]].pop())
        else:
            walk.append(stack.pop())
    return walk[::-1]


@rebuilding
@ways
def test_change_of_provider(ground: Ground, client: str, stream: bool, rebuilt: bool) -> None:
    """A conversation in which every provider takes over from every other, and from itself: nothing is refused."""
    # Who serves Responses is sent reasoning that another server of Responses encrypted: nothing in it says whose it is.
    alike = ("deepseek", "ollama") if client == "responses" else ()
    names = [name for name in PROVIDERS if name not in alike]
    models = circuit(names)
    assert len(models) == len(names) ** 2 + 1
    check(loop(ground.client(client), models, stream=stream, rebuilt=rebuilt))
