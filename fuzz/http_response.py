"""Feed bent replies to the HTTP client for as long as you like: ``python fuzz/http_response.py [EXAMPLES]``.

The properties are those of `tests/net/test_parser.py`, which checks a few hundred examples; this is for hours.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from net.mutations import check_reply, check_splits, endings, mutated, pieces, readings


def main() -> None:
    """Check both properties with the given number of examples each; a failure shows the smallest bytes that fail."""
    many = settings(max_examples=int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, deadline=None)
    many(given(pieces(), endings, readings)(check_reply))()
    many(given(mutated(), st.integers(0, 1000))(check_splits))()


if __name__ == "__main__":
    main()
