"""Web pages that others cite."""

from limen.dialects.bedrock.citations import from_others


def test_a_page_becomes_bedrocks() -> None:
    """With its domain and what it says."""
    told = {"type": "url_citation", "url_citation": {"url": "https://a.test/x", "title": "A", "content": "c"}}
    assert from_others(told) == {
        "title": "A",
        "sourceContent": [{"text": "c"}],
        "location": {"web": {"url": "https://a.test/x", "domain": "a.test"}},
    }
    assert from_others({"url": "http://[", "title": None}) == {"location": {"web": {"url": "http://["}}}


def test_what_is_no_page_is_not() -> None:
    """A place in a document means nothing elsewhere."""
    assert from_others({"type": "char_location", "start_char_index": 1}) is None
    assert from_others(3) is None
