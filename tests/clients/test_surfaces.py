"""Every vendor's SDK, unchanged, against a provider of every dialect, through a running gateway."""

from __future__ import annotations

import pytest

from sdks.client import Answered, Client
from sdks.ground import CLIENTS, PROVIDERS, THINKERS, Ground
from validating.play import INPUT_TOKENS, OUTPUT_TOKENS

TEXT = "Grüße, 世界! It's 21 °C 🌤️ in Paris."
USED = (INPUT_TOKENS, OUTPUT_TOKENS)
STREAMED = [name for name in CLIENTS if name != "mlflow"]  # MLflow's client does not stream.
WAYS = [(name, stream) for name in CLIENTS for stream in (False, True) if not stream or name in STREAMED]
ways = pytest.mark.parametrize(("client", "stream"), WAYS)
models = pytest.mark.parametrize("model", PROVIDERS)


def ask(client: Client, model: str, text: str, *, stream: bool, tools: bool = False, thinks: bool = False) -> Answered:
    """Ask one thing."""
    return client.ask(model, [client.user(text)], tools=tools, thinks=thinks, stream=stream)


@models
@ways
def test_text(ground: Ground, client: str, stream: bool, model: str) -> None:
    """The text arrives whole, with the reason to end and with what was used."""
    found = ask(ground.client(client), model, f"say {TEXT}", stream=stream)
    assert (found.text, found.calls, found.finish, found.used) == (TEXT, (), "stop", USED)


@models
@ways
def test_bound(ground: Ground, client: str, stream: bool, model: str) -> None:
    """An answer that met the bound on output says so."""
    assert ask(ground.client(client), model, "long Once upon", stream=stream).finish == "length"


@models
@ways
def test_calls(ground: Ground, client: str, stream: bool, model: str) -> None:
    """A call of a tool arrives with its name and its arguments, after the text before it."""
    found = ask(ground.client(client), model, "loop 1", stream=stream, tools=True)
    assert [(call.name, call.arguments) for call in found.calls] == [("get_weather", {"city": "Paris", "day": 0})]
    # Cohere calls it a plan, which others take for a thought.
    assert (found.text or found.thought, found.finish, found.used) == ("Let me look.", "tools", USED)


@pytest.mark.parametrize("model", THINKERS)
@ways
def test_thoughts(ground: Ground, client: str, stream: bool, model: str) -> None:
    """What the model thought is shown, if the dialect has a place for it."""
    if model == "gemini" and client in ("openai", "mlflow"):
        pytest.skip("Gemini shows thoughts only if it is told to, and OpenAI's dialect has no word for that")
    found = ask(ground.client(client), model, f"say {TEXT}", stream=stream, thinks=True)
    assert (found.text, found.thought) == (TEXT, "Round 0: I see.")


@models
@ways
def test_limit(ground: Ground, client: str, stream: bool, model: str) -> None:
    """Too many requests raise the SDK's own exception for that, which knows when to try again."""
    asked = ground.client(client)
    with pytest.raises(asked.limited, match="Slow down, please") as caught:
        ask(asked, model, "refuse 429", stream=stream)
    assert asked.retry_after(caught.value) == "3"


@models
@ways
def test_overload(ground: Ground, client: str, stream: bool, model: str) -> None:
    """A provider's fault raises, too, before anything of a stream."""
    asked = ground.client(client)
    with pytest.raises(Exception, match="Slow down, please"):
        ask(asked, model, "refuse 503", stream=stream)


@models
@ways
def test_missing_model(ground: Ground, client: str, stream: bool, model: str) -> None:
    """A model that the provider does not have, and one that the gateway does not have."""
    asked = ground.client(client)
    with pytest.raises(asked.missing, match="There is no such model"):
        ask(asked, f"{model}-missing", "say x", stream=stream)
    with pytest.raises(asked.missing):
        ask(asked, "nope", "say x", stream=stream)


@models
@pytest.mark.parametrize("client", STREAMED)
def test_cut(ground: Ground, client: str, model: str) -> None:
    """A stream that breaks off raises."""
    asked = ground.client(client)
    with pytest.raises(asked.broken):
        ask(asked, model, f"cut {TEXT * 4}", stream=True)
