"""Citations of other dialects as annotations."""

from limen.dialects.responses.citations import render_citation


def test_an_address_is_what_can_be_said() -> None:
    """Nested as in chat completions or flat; without a place the whole text is meant; nothing else has a shape here."""
    inner = {"url": "u", "title": "t", "start_index": 1, "end_index": 2}
    assert render_citation({"type": "url_citation", "url_citation": inner}, 9) == {"type": "url_citation", **inner}
    whole = {"type": "url_citation", "url": "u", "title": "", "start_index": 0, "end_index": 9}
    assert render_citation({"type": "web", "url": "u"}, 9) == whole
    assert [render_citation(odd, 9) for odd in (1, {}, {"url": ""})] == [None] * 3
