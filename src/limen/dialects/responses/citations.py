"""What an answer cites, as this dialect's annotations.

Every dialect keeps its own objects. One thing can be said of most of them in all: the address of a page and its title. Where
the place in the text is not told, the whole text is meant.
"""

from __future__ import annotations

from typing import Any


def render_citation(citation: Any, length: int) -> dict[str, Any] | None:
    """A ``url_citation`` for a text of `length` characters; None for what has no address."""
    if not isinstance(citation, dict):
        return None
    inner = citation.get(str(citation.get("type")))
    told = inner if isinstance(inner, dict) else citation
    url, title = told.get("url"), told.get("title")
    if not isinstance(url, str) or not url:
        return None
    start, end = told.get("start_index"), told.get("end_index")
    return {
        "type": "url_citation",
        "url": url,
        "title": title if isinstance(title, str) else "",
        "start_index": start if type(start) is int else 0,
        "end_index": end if type(end) is int else length,
    }
