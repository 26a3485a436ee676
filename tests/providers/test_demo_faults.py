"""Directives: what they are read as."""

from __future__ import annotations

import pytest

from limen.errors import BadRequest, FaultKind, MalformedReply, ProviderReply, TimeoutFault, TransportFault
from limen.providers.demo_faults import HELP, NAMED_ERRORS, read_script


def test_a_plain_prompt_asks_for_nothing() -> None:
    """A prompt without directives is left as it is."""
    script = read_script("Hello [[there]]")
    assert script.text == "Hello [[there]]"
    assert script.fault is None
    assert script.whole_wait == 0


@pytest.mark.parametrize(
    ("directive", "seconds"),
    [
        ("delay 3s", 3),
        ("delay 250ms", 0.25),
        ("delay 1m", 60),
        ("DELAY 1.5", 1.5),
        ("stall after 5 10s", 10),
        ("stall 2s", 2),
    ],
)
def test_waits(directive: str, seconds: float) -> None:
    """Waits are in seconds, milliseconds or minutes."""
    assert read_script(f"a [[limen: {directive}]] b").whole_wait == seconds


def test_several_directives_work_together() -> None:
    """Directives add up, and leave the rest of the prompt."""
    script = read_script("[[limen: tokens 9]] Hi [[ Limen :stall after 2 1s ]][[limen:cut after 4]]")
    assert (script.text, script.tokens, script.stall_after, script.fault_after) == ("Hi", 9, 2, 4)
    assert isinstance(script.fault, TransportFault)
    assert read_script("[[limen: say a\nb]]").say == "a\nb"
    assert read_script("[[limen: help]]").help


@pytest.mark.parametrize(
    ("directive", "status", "kind"),
    [
        ("error 400", 400, FaultKind.CLIENT),
        ("error 401", 401, FaultKind.CREDENTIALS),
        ("error 402", 402, FaultKind.BILLING),
        ("error 418", 418, FaultKind.CLIENT),
        ("error 429", 429, FaultKind.RATE_LIMITED),
        ("error 500", 500, FaultKind.OVERLOADED),
        ("error 599", 599, FaultKind.OVERLOADED),
        ("error billing", 429, FaultKind.BILLING),
        ("error content-filter", 400, FaultKind.CONTENT_REFUSED),
        ("error context-length", 400, FaultKind.CONTEXT_TOO_LONG),
        ("error rate-limit", 429, FaultKind.RATE_LIMITED),
        ("error Overloaded", 503, FaultKind.OVERLOADED),
    ],
)
def test_errors_are_classified_like_a_real_providers(directive: str, status: int, kind: FaultKind) -> None:
    """An error has the status, kind and body that a provider's would have."""
    fault = read_script(f"[[limen: {directive}]]").fault
    assert isinstance(fault, ProviderReply)
    assert (fault.status, fault.kind) == (status, kind)
    assert b'"error"' in fault.body


def test_retry_after_and_position() -> None:
    """An error may carry Retry-After, and may come in the middle of an answer."""
    script = read_script("[[limen: error 429 retry-after 2 after 7]]")
    assert isinstance(script.fault, ProviderReply)
    assert (b"retry-after", b"2") in script.fault.headers
    assert script.fault_after == 7
    assert read_script("[[limen: error 429]]").fault_after is None


@pytest.mark.parametrize(
    ("directive", "fault"),
    [("error timeout", TimeoutFault), ("error unreachable", TransportFault), ("malformed after 3", MalformedReply)],
)
def test_other_faults(directive: str, fault: type[Exception]) -> None:
    """What no status can say has its own fault."""
    assert isinstance(read_script(f"[[limen: {directive}]]").fault, fault)


@pytest.mark.parametrize(
    "directive", ["", "explode", "error 200", "error nonsense", "delay 601s", "tokens 100001", "say"]
)
def test_a_directive_that_is_not_understood_is_refused(directive: str) -> None:
    """A mistyped directive is no silent success."""
    with pytest.raises(BadRequest):
        read_script(f"[[limen: {directive}]]")


def test_the_help_names_every_error() -> None:
    """The list for people is complete."""
    assert all(name in HELP for name in [*NAMED_ERRORS, "timeout", "unreachable"])
