"""Web pages that an answer rests on, as ``annotations`` of OpenAI's chat: for citations that another dialect wrote."""

from __future__ import annotations

from typing import Any

from limen.dialects.rendering import Rendering
from limen.dialects.web_citation import read_web_citation
from limen.model.content import Text


def render_annotations(block: Text, before: int, rendering: Rendering, where: str) -> list[dict[str, Any]]:
    """The annotations of `block`, which begins after `before` characters. Citations that name no page are named losses.

    A citation without a place is about the whole block, as Anthropic's are.
    """
    return [
        found
        for citation in block.citations
        if (found := annotation(citation, (before, before + len(block.text)), rendering, where)) is not None
    ]


def annotation(citation: Any, span: tuple[int, int], rendering: Rendering, where: str) -> dict[str, Any] | None:
    """`citation` as one annotation of the characters in `span`."""
    page = read_web_citation(citation)
    if page is None:
        rendering.lose(f"{where}.citations", "only citations of web pages can be told here")
        return None
    start = span[0] if page.start is None else span[0] + page.start
    end = span[1] if page.end is None else span[0] + page.end
    told = {"url": page.url, "title": page.title or "", "start_index": start, "end_index": end}
    return {"type": "url_citation", "url_citation": told}
