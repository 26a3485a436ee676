"""What a text rests on: Anthropic's citations, and those of others that name a web page.

A citation of another kind (a place in a document that the client sent) means something only beside that document, and
is lost elsewhere by name.

Source: platform.claude.com, "Citations" and "Web search tool"; recordings.
"""

from __future__ import annotations

from typing import Any

from limen.dialects.web_citation import read_web_citation


def page_citation(citation: Any, text: str) -> dict[str, Any] | None:
    """A citation of another dialect as Anthropic's of a web page; None if it names none.

    `text` is what was said, of which the citation may give the part. The index that Anthropic encrypts stays empty, since it
    is only for Anthropic to read.
    """
    page = read_web_citation(citation)
    if page is None:
        return None
    cited = page.text
    if cited is None:
        cited = text[page.start : page.end] if page.start is not None and page.end is not None else ""
    return {
        "type": "web_search_result_location",
        "url": page.url,
        "title": page.title,
        "cited_text": cited,
        "encrypted_index": "",
    }
