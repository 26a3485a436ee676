"""What a relayed body must have."""

import pytest

from limen.dialects.relay_checks import require_array, require_flag, require_items, require_present
from limen.errors import BadRequest
from limen.wire.edit import Fields

FIELDS = Fields.parse(
    b'{"array": [ 1 ], "empty": [\n ], "null": null, "text": "[", "yes": true, "no": false, "one": 1}'
)


@pytest.mark.parametrize("key", ["absent", "null"])
def test_what_is_missing_is_named(key: str) -> None:
    """A null is as good as nothing."""
    for check in (require_present, require_array, require_items):
        with pytest.raises(BadRequest) as told:
            check(FIELDS, key)
        assert (told.value.param, told.value.code) == (key, "missing_required_parameter")


def test_arrays_are_told_by_their_first_byte() -> None:
    """Text that begins with a bracket is no array."""
    require_array(FIELDS, "array")
    require_array(FIELDS, "empty")
    require_items(FIELDS, "array")
    for check, key in ((require_array, "text"), (require_items, "text"), (require_items, "empty")):
        with pytest.raises(BadRequest) as told:
            check(FIELDS, key)
        assert told.value.param == key


def test_flags_are_true_false_or_not_there() -> None:
    """A number is no flag."""
    for key in ("yes", "no", "null", "absent"):
        require_flag(FIELDS, key)
    for key in ("text", "one"):
        with pytest.raises(BadRequest):
            require_flag(FIELDS, key)
