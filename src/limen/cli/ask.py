"""`limen ask`: one streamed question through a running gateway, for people.

Speaks plain HTTP to the gateway's OpenAI surface, as any client would; shares no state with it.
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

import click
import msgspec

from limen.version import __version__
from limen.wire.sse import Framer

DEFAULT_URL = "http://127.0.0.1:5000"
CONNECT_SECONDS = 10.0
PATH = "/v1/chat/completions"


@click.command()
@click.argument("question")
@click.option("--model", default="demo", show_default=True, help="An endpoint, a route, or <provider>/<model>.")
@click.option("--url", default=DEFAULT_URL, show_default=True, metavar="URL", help="Where the gateway is.")
@click.option("--system", metavar="TEXT", help="Instructions that go before the question.")
def ask(question: str, model: str, url: str, system: str | None) -> None:
    r"""Ask a running gateway one question and print the answer as it comes.

    QUESTION is the text, or - to read it from standard input.

    \b
    Examples:
      limen ask "Name three rivers."
      limen ask --model chat --system "Answer in French." "Good morning"
      git diff | limen ask --model openai/gpt-5-mini --system "Review this change." -

    The exit status is 0 only if the answer came to its proper end.
    """
    text = sys.stdin.read() if question == "-" else question
    if not text.strip():
        raise click.UsageError("the question is empty")
    messages = [{"role": "system", "content": system}] if system else []
    body = {"model": model, "messages": [*messages, {"role": "user", "content": text}], "stream": True}
    connection, prefix = _connect(url)
    try:
        for piece in _answer(_post(connection, prefix + PATH, msgspec.json.encode(body))):
            click.echo(piece, nl=False)
            sys.stdout.flush()
    except (OSError, http.client.HTTPException) as error:
        raise click.ClickException(f"the connection to the gateway broke: {error or type(error).__name__}") from error
    finally:
        connection.close()
    click.echo()


def _connect(url: str) -> tuple[http.client.HTTPConnection, str]:
    """An open connection, and the path that `url` puts before every other."""
    parts = _split(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=CONNECT_SECONDS)
    try:
        connection.connect()
    except OSError as error:
        raise click.ClickException(
            f"no gateway answers at {url} ({error.strerror or error}). Start one in another terminal with `limen start`, or say "
            "where it is with --url."
        ) from error
    # From here on a person waits as long as they like; the gateway has time-outs of its own.
    connection.sock.settimeout(None)
    return connection, parts.path.rstrip("/").removesuffix("/v1")


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    try:
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise click.BadParameter(f"{url!r} is not a URL such as {DEFAULT_URL}", param_hint="--url")
    return parts


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> http.client.HTTPResponse:
    headers = {"content-type": "application/json", "user-agent": f"limen/{__version__}"}
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    if response.status != 200:
        raise click.ClickException(f"the gateway answered {response.status}: {_reason(response.read())}")
    return response


def _reason(body: bytes) -> str:
    try:
        message = msgspec.json.decode(body)["error"]["message"]
    except (msgspec.DecodeError, KeyError, TypeError):
        message = body[:500].decode("utf-8", "replace").strip() or "an empty body; is it a limen gateway?"
    return str(message)


def _answer(response: http.client.HTTPResponse) -> Iterator[str]:
    """The pieces of text of a streamed answer. ClickException if it has an error in it or ends too early."""
    framer = Framer()
    while chunk := response.read1(65536):
        for frame in framer.feed(chunk):
            if frame.data == b"[DONE]":
                return
            if frame.data:
                yield from _texts(msgspec.json.decode(frame.data))
    raise click.ClickException("the answer was cut off before its end")


def _texts(event: dict[str, Any]) -> Iterator[str]:
    if event.get("error"):
        # What was printed so far stays; the message begins on a line of its own.
        click.echo()
        raise click.ClickException(f"the answer broke off: {event['error'].get('message', event['error'])}")
    for choice in event.get("choices", ()):
        delta = choice.get("delta", {})
        text = delta.get("content") or delta.get("refusal")
        if text:
            yield text
