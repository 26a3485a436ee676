"""The data plane's doors: which path speaks which dialect, for which operation.

One dict from path to :class:`Door` is made for each snapshot, so that recognising a request is one look-up.
"""

from __future__ import annotations

import msgspec

from limen.config.snapshot import Snapshot
from limen.dialects.base import AnyDialect
from limen.dialects.mlflow import MlflowChat, MlflowCompletions, MlflowEmbeddings
from limen.dialects.openai_chat import OpenAIChat
from limen.dialects.openai_completions import OpenAICompletions
from limen.dialects.openai_embeddings import OpenAIEmbeddings
from limen.model.operation import Operation

OPENAI: dict[Operation, AnyDialect] = {
    Operation.CHAT: OpenAIChat(),
    Operation.COMPLETIONS: OpenAICompletions(),
    Operation.EMBEDDINGS: OpenAIEmbeddings(),
}
MLFLOW: dict[Operation, AnyDialect] = {
    Operation.CHAT: MlflowChat(),
    Operation.COMPLETIONS: MlflowCompletions(),
    Operation.EMBEDDINGS: MlflowEmbeddings(),
}
OPENAI_PATHS = {
    "/v1/chat/completions": Operation.CHAT,
    "/v1/completions": Operation.COMPLETIONS,
    "/v1/embeddings": Operation.EMBEDDINGS,
}


class Door(msgspec.Struct, frozen=True):
    """One path of the data plane. `name` is the endpoint or route it leads to, None where the body says.

    `errors` is the dialect in which faults are told that come up before the operation is known.
    """

    dialects: dict[Operation, AnyDialect]
    operation: Operation | None
    name: str | None
    errors: AnyDialect


def doors(snapshot: Snapshot) -> dict[str, Door]:
    """Every data-plane path that `snapshot` serves, all of them for POST."""
    found = {path: Door(OPENAI, operation, None, OPENAI[operation]) for path, operation in OPENAI_PATHS.items()}
    operations = {name: route.operation for name, route in snapshot.routes.items()}
    operations |= {name: endpoint.operation for name, endpoint in snapshot.endpoints.items()}
    for name, operation in operations.items():
        door = Door(MLFLOW, None, name, MLFLOW[operation])
        for prefix in ("gateway", "endpoints"):
            found[f"/{prefix}/{name}/invocations"] = door
    return found
