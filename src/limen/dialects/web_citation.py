"""A web page that a text rests on: what every dialect's citations have in common.

In the hub a citation is its own dialect's object. A renderer gives one of another dialect as its own kind of web citation where
it names a page. A place in a document that the client sent means something only beside that document, in its own dialect.

Shapes known (each from recordings):

- OpenAI chat, OpenRouter: ``{"type": "url_citation", "url_citation": {"url", "title", "start_index", "end_index", "content"}}``
- OpenAI Responses: the same, flat
- Anthropic: ``{"type": "web_search_result_location", "url", "title", "cited_text"}``
- Gemini: ``{"web": {"uri", "title"}, "segment": {"startIndex", "endIndex", "text"}}``
  and ``{"uri", "title", "startIndex", "endIndex"}``
- Bedrock: ``{"location": {"web": {"url"}}, "title", "sourceContent": [{"text"}]}``
- Cohere: ``{"start", "end", "text", "sources": [{"type": "document", "document": {"url", "title"}}]}``
- Perplexity: the bare address
"""

from __future__ import annotations

from typing import Any

import msgspec


class WebCitation(msgspec.Struct, frozen=True):
    """`start` and `end` are places in the answer's text; `text` is what the page says, or the answer's own words."""

    url: str
    title: str | None = None
    start: int | None = None
    end: int | None = None
    text: str | None = None


def read_web_citation(citation: Any) -> WebCitation | None:
    """The page that `citation` names, whatever dialect it is in; None if it names none."""
    if isinstance(citation, str):
        return WebCitation(citation) if citation.startswith(("https://", "http://")) else None
    if not isinstance(citation, dict):
        return None
    found: dict[str, Any] = {**_document(citation.get("sources")), **citation}
    for key in ("location", "web", "url_citation", "segment"):
        inner = found.get(key)
        if isinstance(inner, dict):
            found = {**found, **inner}
    url = found.get("url", found.get("uri"))
    if not isinstance(url, str) or not url:
        return None
    return WebCitation(
        url,
        _text(found.get("title")),
        _place(found, "start_index", "startIndex", "start"),
        _place(found, "end_index", "endIndex", "end"),
        _text(found.get("cited_text")) or _text(found.get("content")) or _text(found.get("text")) or _source(found),
    )


def _document(sources: Any) -> dict[str, Any]:
    """What the first source that has an address tells of it."""
    for source in sources if isinstance(sources, list) else ():
        told = source.get("document") if isinstance(source, dict) else None
        if isinstance(told, dict) and isinstance(told.get("url"), str):
            return {"url": told["url"], "title": told.get("title")}
    return {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _place(found: dict[str, Any], *keys: str) -> int | None:
    return next((found[key] for key in keys if type(found.get(key)) is int), None)


def _source(found: dict[str, Any]) -> str | None:
    pieces = found.get("sourceContent")
    if not isinstance(pieces, list):
        return None
    texts = [piece["text"] for piece in pieces if isinstance(piece, dict) and isinstance(piece.get("text"), str)]
    return "".join(texts) or None
