"""Web pages that another dialect cites, as Cohere's citations: a page is a document whose id is its address.

Source: https://docs.cohere.com/reference/chat (`citations`).
"""

from __future__ import annotations

from typing import Any

from limen.dialects.rendering import Rendering
from limen.dialects.web_citation import read_web_citation


def render_citation(citation: Any, length: int, rendering: Rendering, where: str) -> dict[str, Any] | None:
    """`citation` of another dialect, in a text of `length` characters so far; None, and a loss, where it names no page.

    A citation without a place is about the whole text, as Anthropic's are.
    """
    page = read_web_citation(citation)
    if page is None:
        rendering.lose(f"{where}.citations" if where else "citations", "only citations of web pages can be told here")
        return None
    document = {"id": page.url, "url": page.url, "title": page.title or ""}
    return {
        "start": 0 if page.start is None else page.start,
        "end": length if page.end is None else page.end,
        "text": page.text or "",
        "sources": [{"type": "document", "id": page.url, "document": document}],
        "type": "TEXT_CONTENT",
    }
