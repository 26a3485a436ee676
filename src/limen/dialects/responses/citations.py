"""What an answer cites, as this dialect's annotations.

A page on the web is what dialects have in common. Where the place in the text is not told, the whole text is meant.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.web_citation import read_web_citation


def render_citation(citation: Any, length: int) -> dict[str, Any] | None:
    """A ``url_citation`` for a text of `length` characters; None for what names no page."""
    found = read_web_citation(citation)
    if found is None:
        return None
    return {
        "type": "url_citation",
        "url": found.url,
        "title": found.title or "",
        "start_index": 0 if found.start is None else found.start,
        "end_index": length if found.end is None else found.end,
    }
