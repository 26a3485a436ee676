"""What a text rests on."""

from limen.dialects.anthropic.citations import page_citation


def test_a_web_page_is_cited_in_anthropics_words() -> None:
    """OpenAI's annotation of a page, with the part of the text that it is about."""
    openai = {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 0, "end_index": 3}}
    assert page_citation(openai, "Yes, so.") == {
        "type": "web_search_result_location",
        "url": "u",
        "title": "t",
        "cited_text": "Yes",
        "encrypted_index": "",
    }
    assert page_citation({"url": "u"}, "x") is not None


def test_other_citations_are_none() -> None:
    """A place in a document means nothing without that document."""
    assert page_citation({"type": "file_citation", "file_id": "f"}, "") is None
    assert page_citation("[1]", "") is None
