"""`limen schema` prints what editors need."""

from __future__ import annotations

import json

from click.testing import CliRunner

from limen.cli.schema import schema
from limen.config.json_schema import file_schema
from limen.provider_registry import default_registry


def test_it_prints_the_schema_of_what_is_installed() -> None:
    """JSON on standard output, and nothing else."""
    done = CliRunner().invoke(schema, [])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == json.loads(json.dumps(file_schema(default_registry())))
