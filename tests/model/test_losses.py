"""What could not be said."""

from limen.model.losses import Losses


def test_each_loss_is_named_once_in_the_order_met() -> None:
    """The first reason stays."""
    losses = Losses()
    assert not losses
    losses.note("top_k", "unknown")
    losses.note("n")
    losses.note("top_k", "again")
    assert losses
    assert list(losses) == ["top_k", "n"]
    assert losses.items() == [("top_k", "unknown"), ("n", "")]
    assert losses.header() == "top_k,n"


def test_the_header_is_safe_and_short() -> None:
    """Names may come from a request: nothing of them may break a header."""
    losses = Losses()
    losses.note("a\r\nset-cookie: é")
    losses.note("x" * 5_000)
    header = losses.header()
    assert header.startswith("a??set-cookie: ?")
    assert header.isascii()
    assert len(header) == 1000
