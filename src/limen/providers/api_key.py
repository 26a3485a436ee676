"""The type of the fields that hold a provider's key: a secret that can stand in a header.

Pure. The messages never show the key.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from limen.model.secret import Secret


def check_api_key(key: Secret) -> Secret:
    """`key` as it is; ValueError if it can't be sent in a header."""
    text = key.reveal()
    if not text:
        raise ValueError("the key is empty")
    if not all("!" <= ch <= "~" for ch in text):
        raise ValueError(
            "the key has a blank, a line break or a character outside ASCII in it; was it copied with something around it?"
        )
    return key


ApiKey = Annotated[Secret, AfterValidator(check_api_key)]
