"""Pictures."""

from typing import Any

from limen.dialects.members import Members
from limen.dialects.ollama.images import render_images, take_images
from limen.dialects.rendering import Rendering
from limen.model.content import Image, Source
from limen.model.losses import Losses
from ollama_wire import PNG


def put(images: list[Image], origin: str = "other") -> tuple[dict[str, Any], Losses]:
    built: dict[str, Any] = {}
    losses = Losses()
    render_images(
        [(f"p[{i}]", image) for i, image in enumerate(images)], built, Rendering("ollama_chat", origin, losses)
    )
    return built, losses


def test_the_kind_is_read_off_the_first_bytes() -> None:
    """Which other dialects want to be told."""
    kinds = [
        image.source.media_type for image in take_images(Members({"images": [PNG, "/9j/4AAQ", "R0lGODlh", "AAAA"]}))
    ]
    assert kinds == ["image/png", "image/jpeg", "image/gif", None]


def test_an_empty_list_stays() -> None:
    """It is no picture, but it was said."""
    message = Members({"images": []})
    assert take_images(message) == []
    assert message.rest == {"images": []}


def test_a_data_url_comes_back_as_one() -> None:
    """Other dialects get its bytes."""
    images = take_images(Members({"images": [f"data:image/png;base64,{PNG}"]}))
    assert put(images, "ollama_chat")[0] == {"images": [f"data:image/png;base64,{PNG}"]}
    assert put(images)[0] == {"images": [PNG]}


def test_what_ollama_can_not_see_is_named() -> None:
    """An address, a level of detail, a kind that the bytes do not show."""
    built, losses = put(
        [Image(Source(url="https://x.test/a.png")), Image(Source(data="AAAA", media_type="image/odd"), detail="low")]
    )
    assert built == {"images": ["AAAA"]}
    assert list(losses) == ["p[0]", "p[1].media_type", "p[1].detail"]
