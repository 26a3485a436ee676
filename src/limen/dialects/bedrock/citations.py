"""Web pages that another dialect cites, in Bedrock's words: ``{"title", "sourceContent", "location": {"web"}}``.

Source: the API reference of Citation and CitationLocation.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from limen.dialects.web_citation import read_web_citation


def from_others(citation: Any) -> dict[str, Any] | None:
    """The page that `citation` names, as Bedrock would cite it; None if it names none."""
    page = read_web_citation(citation)
    if page is None:
        return None
    web = {"url": page.url}
    domain = _domain(page.url)
    if domain:
        web["domain"] = domain
    built: dict[str, Any] = {"location": {"web": web}}
    if page.title is not None:
        built["title"] = page.title
    if page.text is not None:
        built["sourceContent"] = [{"text": page.text}]
    return built


def _domain(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
