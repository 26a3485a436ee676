"""Where what is written came from, and what gets lost."""

import pytest

from limen.dialects.extra import Extra
from limen.dialects.rendering import CACHE_WRITES, Rendering, take_cache
from limen.model.content import CacheMark, Opaque
from limen.model.losses import Losses
from limen.model.usage import Usage


def test_extras_of_another_wire_are_losses() -> None:
    """Key by key, but not those that say nothing."""
    losses = Losses()
    built = Rendering("here", "there", losses).keep({"a": 1}, {"x": 1, "nil": None, "empty": ""}, "messages[0]")
    assert built == {"a": 1}
    assert [name for name, _ in losses.items()] == ["messages[0].x"]


def test_what_a_wire_has_at_a_place_is_lost_key_by_key() -> None:
    """An object of the client's own is one thing; one of the wire's structure is not."""
    losses = Losses()
    kept = {"options": Extra({"num_ctx": 8, "inner": Extra({"x": 1})}), "given": {"y": 1}}
    assert Rendering("here", "there", losses).keep({}, kept, "") == {}
    assert list(losses) == ["options.num_ctx", "options.inner.x", "given"]


def test_extras_of_the_same_wire_come_back() -> None:
    """With the marks."""
    losses = Losses()
    rendering = Rendering("here", "here", losses)
    assert rendering.keep({"id": ""}, Extra({"x": 1}, ("-id",)), "") == {"x": 1}
    assert rendering.marked(Extra({}, ("m",)), "m")
    assert not Rendering("here", "there", losses).marked(Extra({}, ("m",)), "m")
    assert not losses


def test_cache_marks_are_for_the_wire_that_has_them() -> None:
    """They are a named loss where OpenAI itself is the target."""
    losses, built = Losses(), {}
    Rendering("here", "here", losses).cache(built, CacheMark("1h"), "m")
    assert built == {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    Rendering("here", "there", losses).cache({}, CacheMark(), "m")
    assert [name for name, _ in losses.items()] == ["m.cache_control"]


@pytest.mark.parametrize(
    "value", [{"type": "other"}, {"type": "ephemeral", "x": 1}, {"type": "ephemeral", "ttl": 5}, "x", None]
)
def test_a_cache_mark_of_unknown_shape_stays(value: object) -> None:
    """So that it goes back as it was."""
    rest = {"cache_control": value}
    assert take_cache(rest) is None
    assert rest == {"cache_control": value}


def test_opaque_blocks_go_home_only() -> None:
    """To their own wire verbatim, elsewhere to the losses."""
    losses = Losses()
    rendering = Rendering("here", "there", losses)
    assert rendering.own(Opaque("here", {"x": 1}), "a") == {"x": 1}
    assert rendering.own(Opaque("there", {"x": 1}), "b") is None
    assert [name for name, _ in losses.items()] == ["b"]


def test_counts_that_are_in_a_sum_alone_are_named() -> None:
    """Each bucket that has tokens in it; those of the same wire are given back as they were."""
    losses = Losses()
    Rendering("here", "there", losses).lose_counts(
        Usage(input_cache_read=3, dialect="there"), "input_cache_read", *CACHE_WRITES
    )
    Rendering("here", "here", losses).lose_counts(Usage(output_reasoning=3, dialect="here"), "output_reasoning")
    assert list(losses) == ["usage.input_cache_read"]
