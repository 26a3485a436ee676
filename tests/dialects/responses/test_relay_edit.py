"""What must change in a relayed request."""

import json

from limen.dialects.responses.relay_edit import edit_relayed
from limen.dialects.seal import seal_id, seal_proof
from limen.model.content import Proof
from limen.wire.edit import Fields
from responses_wire import body, call, thought

FOREIGN = Proof("anthropic", "sig")


def test_nothing_but_the_model_changes() -> None:
    """The input is not even decoded where nothing is sealed in it."""
    fields = Fields.parse(b'{"model":"a","input":[ 1.0 ]}')
    edit_relayed(fields, "real")
    assert fields.encode() == b'{"model":"real","input":[ 1.0 ]}'
    edit_relayed(fields, None)


def test_other_providers_thoughts_stay_here() -> None:
    """OpenAI could not read them; a call's id is the bare one again."""
    sealed = thought(encrypted_content=seal_proof(FOREIGN))
    items = [thought(), sealed, call(call_id=seal_id("c", (), FOREIGN)), {"role": "user", "content": "limen1-"}, 3]
    fields = Fields.parse(body({"input": items}))
    edit_relayed(fields, "m")
    assert json.loads(fields.encode())["input"] == [thought(), call(call_id="c"), items[3], 3]
    odd = Fields.parse(b'{"input":"limen1"}')
    edit_relayed(odd, None)
    assert odd.encode() == b'{"input":"limen1"}'
