"""The page that tells what survives is what the suite found."""

from __future__ import annotations

from conformance.page import PAGE, page
from corpus import recordings


def test_the_page_is_up_to_date() -> None:
    """`python tests/conformance/page.py` makes it anew."""
    assert recordings("chat")
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/conformance/page.py"
