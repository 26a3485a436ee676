"""What a text rests on: Anthropic's citations, and those of others that name a web page.

A citation of another kind (a place in a document that the client sent) means something only beside that document, and
is lost elsewhere by name.

Source: platform.claude.com, "Citations" and "Web search tool"; recordings.
"""

from __future__ import annotations

from typing import Any


def page_citation(citation: Any, text: str) -> dict[str, Any] | None:
    """A citation of another dialect as Anthropic's of a web page; None if it names none.

    `text` is what was said, of which the citation may give the part. The index that Anthropic encrypts stays empty,
    since it is only for Anthropic to read.
    """
    if not isinstance(citation, dict):
        return None
    told = citation.get("url_citation")
    told = told if isinstance(told, dict) else citation
    url = told.get("url")
    if not isinstance(url, str):
        return None
    title, start, end = told.get("title"), told.get("start_index"), told.get("end_index")
    cited = text[start:end] if isinstance(start, int) and isinstance(end, int) else ""
    return {
        "type": "web_search_result_location",
        "url": url,
        "title": title if isinstance(title, str) else None,
        "cited_text": cited,
        "encrypted_index": "",
    }
