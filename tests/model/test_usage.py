"""Token counts."""

from limen.model.usage import Usage


def test_the_buckets_add_up() -> None:
    """Each token is in one bucket, so sums are true."""
    usage = Usage(1, 2, 4, 8, 16, 32, 64, 128)
    assert usage.input_total == 31
    assert usage.output_total == 224
    assert usage.total == 255
