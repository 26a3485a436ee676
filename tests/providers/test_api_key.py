"""Keys: what can stand in a header."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from limen.model.secret import Secret
from limen.providers.api_key import ApiKey, check_api_key


def test_a_key_is_kept() -> None:
    """A printable key without blanks is taken as it is."""
    assert check_api_key(Secret("sk-Ab_9.~/+=")).reveal() == "sk-Ab_9.~/+="


@pytest.mark.parametrize("text", ["", "sk-1\n", "sk 1", "sk-ü", "\x00", "sk\r\nx-evil: 1"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(text: str) -> None:
    """An empty key, or one with a blank or a line break in it, is a mistake of the file; the message keeps the secret."""

    class Config(BaseModel, hide_input_in_errors=True):
        key: ApiKey

    with pytest.raises(ValidationError) as caught:
        Config(key=Secret(text))
    assert not text.strip() or text not in str(caught.value)
