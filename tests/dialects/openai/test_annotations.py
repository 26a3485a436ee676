"""Citations of other dialects as OpenAI's annotations."""

from __future__ import annotations

from limen.dialects.openai.annotations import annotation, render_annotations
from limen.dialects.rendering import Rendering
from limen.model.content import Text
from limen.model.losses import Losses

URL = "https://example.org/a"


def test_a_web_page_keeps_its_address_and_place() -> None:
    """A citation with a place counts from the block's beginning; one without is about the whole block."""
    rendering = Rendering("openai_chat", "anthropic", Losses(), answer=True)
    block = Text(
        "said", ({"url": URL, "title": "A", "cited_text": "x"}, {"url": URL, "start_index": 1, "end_index": 2})
    )
    whole, part = render_annotations(block, 10, rendering, "m")
    assert whole == {
        "type": "url_citation",
        "url_citation": {"url": URL, "title": "A", "start_index": 10, "end_index": 14},
    }
    assert (part["url_citation"]["start_index"], part["url_citation"]["end_index"]) == (11, 12)


def test_a_place_in_a_document_is_a_named_loss() -> None:
    """It has no address that a client of this dialect could follow."""
    losses = Losses()
    assert (
        annotation({"document_index": 0}, (0, 1), Rendering("openai_chat", "anthropic", losses, answer=True), "m")
        is None
    )
    assert list(losses) == ["m.citations"]
