"""A web page, read out of any dialect's citation."""

from __future__ import annotations

from typing import Any

import pytest

from limen.dialects.web_citation import WebCitation, read_web_citation

URL = "https://example.org/a"


@pytest.mark.parametrize(
    ("citation", "found"),
    [
        (URL, WebCitation(URL)),
        (
            {"type": "url_citation", "url_citation": {"url": URL, "title": "A", "start_index": 1, "end_index": 5}},
            WebCitation(URL, "A", 1, 5),
        ),
        (
            {"type": "url_citation", "url": URL, "title": "A", "start_index": 1, "end_index": 5},
            WebCitation(URL, "A", 1, 5),
        ),
        (
            {
                "type": "web_search_result_location",
                "url": URL,
                "title": None,
                "cited_text": "x",
                "encrypted_index": "e",
            },
            WebCitation(URL, text="x"),
        ),
        (
            {"web": {"uri": URL, "title": "A"}, "segment": {"endIndex": 5, "text": "said"}},
            WebCitation(URL, "A", None, 5, "said"),
        ),
        (
            {
                "location": {"web": {"url": URL, "domain": "example.org"}},
                "title": "A",
                "sourceContent": [{"text": "x"}],
            },
            WebCitation(URL, "A", text="x"),
        ),
    ],
)
def test_each_dialects_web_citation_is_understood(citation: Any, found: WebCitation) -> None:
    """One page, in whatever words."""
    assert read_web_citation(citation) == found


@pytest.mark.parametrize(
    "citation",
    [
        None,
        1,
        "page 3",
        {},
        {"type": "char_location", "document_index": 0},
        {"url": 3},
        {"url": ""},
        {"location": {"documentPage": {}}},
    ],
)
def test_other_citations_name_no_page(citation: Any) -> None:
    """They mean something only beside the document that they are about."""
    assert read_web_citation(citation) is None
