"""What an answer repeats of its request."""

from limen.dialects.responses.echo import echo_request
from limen.dialects.responses.translation import translate_request
from limen.model.losses import Losses
from responses_wire import WIRE, ask

TOLD = {
    "instructions": "I",
    "max_output_tokens": 20,
    "metadata": {"a": "b"},
    "parallel_tool_calls": False,
    "prompt_cache_key": "k",
    "reasoning": {"effort": "low", "summary": None},
    "temperature": 0.5,
    "text": {"format": {"type": "json_object"}, "verbosity": "low"},
    "tool_choice": "required",
    "tools": [{"type": "custom", "name": "p"}],
    "top_p": 1,
    "user": "u",
}


def test_parameters_are_repeated_as_the_client_said_them() -> None:
    """Though the request was translated on its way."""
    for request in (ask(**TOLD), translate_request(ask(**TOLD), Losses())):
        found = echo_request(request, WIRE)
        assert {key: found[key] for key in TOLD} == TOLD


def test_the_rest_is_what_holds_anywhere() -> None:
    """Nothing is stored; the same for a request that is not known."""
    found = echo_request(ask(), WIRE)
    assert (found["store"], found["tools"], found["temperature"]) == (False, [], None)
    assert echo_request(None, WIRE) == found == echo_request(ask(), "other")
    tool = echo_request(ask(tools=[{"type": "function", "name": "f"}]), WIRE)["tools"][0]
    assert tool == {"type": "function", "name": "f", "parameters": None, "strict": True}
