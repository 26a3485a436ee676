"""What a prompt asks of the demo provider: directives, so that people can test their own applications against it.

A directive stands anywhere in the last user message (or in the prompt of a completion, or an input to embed):

=================================== ==================================================================================
``[[limen: say TEXT]]``             the answer is TEXT, and nothing else
``[[limen: tokens 500]]``           the answer is 500 tokens long
``[[limen: delay 3s]]``             nothing comes for 3 seconds (``250ms`` and ``1m`` work too)
``[[limen: stall after 5 10s]]``    after 5 tokens nothing comes for 10 seconds, then the rest
``[[limen: cut after 5]]``          after 5 tokens the connection breaks
``[[limen: malformed after 3]]``    after 3 tokens comes something that can't be read
``[[limen: error 429 retry-after 2]]``  an error with that status, and a `Retry-After` header if asked for
``[[limen: error overloaded]]``     an error by name; see :data:`NAMED_ERRORS`; also ``timeout`` and ``unreachable``
``[[limen: error 500 after 5]]``    the same in the middle of a stream
``[[limen: help]]``                 the answer is this list
=================================== ==================================================================================

Where an answer is not streamed, what should happen after some tokens happens before the answer.

Pure: waiting is for whoever has a clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from limen.dialects.openai.errors import parse_error
from limen.errors import BadRequest, MalformedReply, ProviderFault, TimeoutFault, TransportFault

LONGEST_WAIT = 600.0
MOST_TOKENS = 100_000

NAMED_ERRORS = {
    "authentication": (401, "invalid_request_error", "invalid_api_key"),
    "billing": (429, "insufficient_quota", "insufficient_quota"),
    "bad-request": (400, "invalid_request_error", None),
    "content-filter": (400, "invalid_request_error", "content_filter"),
    "context-length": (400, "invalid_request_error", "context_length_exceeded"),
    "not-found": (404, "invalid_request_error", "model_not_found"),
    "overloaded": (503, "server_error", "service_unavailable"),
    "rate-limit": (429, "requests", "rate_limit_exceeded"),
    "server": (500, "server_error", None),
}

HELP = """\
I play whatever your application should be able to bear. Put any of these in your message:

[[limen: say TEXT]]                   I answer TEXT and nothing else
[[limen: tokens 500]]                 I answer with 500 tokens
[[limen: delay 3s]]                   I say nothing for 3 seconds (250ms and 1m work too)
[[limen: stall after 5 10s]]          after 5 tokens I say nothing for 10 seconds, then go on
[[limen: cut after 5]]                after 5 tokens the connection breaks
[[limen: malformed after 3]]          after 3 tokens comes something that can't be read
[[limen: error 429 retry-after 2]]    I fail with that status, and a Retry-After header
[[limen: error overloaded]]           I fail by name: authentication, bad-request, billing, content-filter,
                                      context-length, not-found, overloaded, rate-limit, server, timeout, unreachable
[[limen: error 500 after 5]]          I fail in the middle of a stream

Offer me tools and say the name of one (or require one), and I call it; send its result, and I answer with it.
Ask for JSON, or give a JSON schema, and I answer with a value that fits it.
"""
"""What it answers to ``[[limen: help]]``."""

_BY_STATUS = {
    400: "bad-request",
    401: "authentication",
    404: "not-found",
    429: "rate-limit",
    500: "server",
    503: "overloaded",
}

_DIRECTIVE = re.compile(r"\[\[\s*limen\s*:\s*(.*?)\s*\]\]", re.IGNORECASE | re.DOTALL)
_WAIT = r"(?P<wait>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|)"
_AFTER = r"(?:\s+after\s+(?P<after>\d+))?"


class Script(msgspec.Struct):
    """What was asked for. `after` counts tokens; `fault_after` is None where the fault is the whole reply."""

    text: str = ""
    say: str | None = None
    help: bool = False
    tokens: int | None = None
    delay: float = 0.0
    stall: float = 0.0
    stall_after: int = 0
    fault: ProviderFault | None = None
    fault_after: int | None = None

    @property
    def whole_wait(self) -> float:
        """How long an answer that is not streamed is held back."""
        return self.delay + self.stall


def read_script(prompt: str) -> Script:
    """The directives in `prompt`; `text` is the prompt without them. BadRequest for one that is not understood."""
    script = Script(text=_DIRECTIVE.sub("", prompt).strip())
    for directive in _DIRECTIVE.findall(prompt):
        _apply(script, directive)
    return script


def _apply(script: Script, directive: str) -> None:
    for pattern, action in _ACTIONS:
        match = pattern.fullmatch(directive)
        if match:
            action(script, match)
            return
    raise BadRequest(
        f"the demo provider does not understand [[limen: {directive}]]; [[limen: help]] answers with what it understands"
    )


def _seconds(match: re.Match[str]) -> float:
    seconds = float(match["wait"]) * {"ms": 0.001, "m": 60.0}.get(match["unit"].lower(), 1.0)
    if seconds > LONGEST_WAIT:
        raise BadRequest(f"the demo provider waits {LONGEST_WAIT:.0f} seconds at most")
    return seconds


def _say(script: Script, match: re.Match[str]) -> None:
    script.say = match["text"]


def _help(script: Script, match: re.Match[str]) -> None:
    script.help = True


def _tokens(script: Script, match: re.Match[str]) -> None:
    script.tokens = int(match["count"])
    if script.tokens > MOST_TOKENS:
        raise BadRequest(f"the demo provider answers with {MOST_TOKENS} tokens at most")


def _delay(script: Script, match: re.Match[str]) -> None:
    script.delay = _seconds(match)


def _stall(script: Script, match: re.Match[str]) -> None:
    script.stall, script.stall_after = _seconds(match), int(match["after"] or 0)


def _cut(script: Script, match: re.Match[str]) -> None:
    script.fault_after = int(match["after"] or 0)
    script.fault = TransportFault(
        f"the demo provider cut the connection after {script.fault_after} tokens, as it was asked"
    )


def _malformed(script: Script, match: re.Match[str]) -> None:
    script.fault_after = int(match["after"] or 0)
    script.fault = MalformedReply(f"the demo provider sent garbage after {script.fault_after} tokens, as it was asked")


def _error(script: Script, match: re.Match[str]) -> None:
    script.fault = _fault(match["what"].lower(), match["retry"])
    script.fault_after = int(match["after"]) if match["after"] else None


def _fault(what: str, retry_after: str | None) -> ProviderFault:
    if what == "timeout":
        return TimeoutFault("the demo provider did not answer in time, as it was asked", phase="first_byte")
    if what == "unreachable":
        return TransportFault("the demo provider can't be reached, as it was asked", sent=False)
    name = _BY_STATUS.get(int(what), "server") if what.isdigit() else what
    if name not in NAMED_ERRORS:
        known = ", ".join([*NAMED_ERRORS, "timeout", "unreachable"])
        raise BadRequest(f"the demo provider knows no error {what!r}; it knows {known}, and any status from 400 to 599")
    status, kind, code = NAMED_ERRORS[name]
    if what.isdigit():
        status = int(what)
        kind = kind if status in _BY_STATUS else ("server_error" if status >= 500 else "invalid_request_error")
    # Read like any provider's, so that it is classified like any provider's.
    error = {
        "message": f"The demo provider was asked for this error ({what}).",
        "type": kind,
        "param": None,
        "code": code,
    }
    headers = [(b"content-type", b"application/json")]
    if retry_after is not None:
        headers.append((b"retry-after", retry_after.encode()))
    return parse_error(status, headers, msgspec.json.encode({"error": error}))


_ACTIONS: tuple[tuple[re.Pattern[str], Callable[[Script, re.Match[str]], None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), action)
    for pattern, action in (
        (r"say\s+(?P<text>.*)", _say),
        (r"help", _help),
        (r"tokens\s+(?P<count>\d{1,9})", _tokens),
        (rf"delay\s+{_WAIT}", _delay),
        (rf"stall{_AFTER}\s+{_WAIT}", _stall),
        (rf"cut{_AFTER}", _cut),
        (rf"malformed{_AFTER}", _malformed),
        (rf"error\s+(?P<what>[45]\d\d|[a-z][a-z-]*)(?:\s+retry-after\s+(?P<retry>\d{{1,6}}))?{_AFTER}", _error),
    )
)
