"""Ids of calls."""

import re

from hypothesis import given
from hypothesis import strategies as st

from limen.dialects.bedrock.tool_ids import tool_use_id


def test_an_id_that_may_be_one_stays() -> None:
    """Bedrock's own, OpenAI's and Anthropic's."""
    for name in ("tooluse_abc-DEF", "call_1", "a" * 64):
        assert tool_use_id(name) == name


@given(st.text(max_size=200))
def test_any_other_becomes_one(name: str) -> None:
    """The same each time, so that a call and its result still belong together."""
    found = tool_use_id(name)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", found)
    assert found == tool_use_id(name)
