"""The data plane's doors: which path speaks which dialect, for which operation.

One dict from path to :class:`limen.plan.Door` is made for each snapshot, so that recognising a request is one look-up.
"""

from __future__ import annotations

from limen.config.snapshot import Snapshot
from limen.dialects.base import AnyDialect
from limen.dialects.mlflow.invocations import MlflowChat, MlflowCompletions, MlflowEmbeddings
from limen.dialects.openai.chat import OpenAIChat
from limen.dialects.openai.completions import OpenAICompletions
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.model.operation import Operation
from limen.plan import Door

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
