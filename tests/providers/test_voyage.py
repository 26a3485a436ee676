"""Voyage as a provider."""

import json

from limen.dialects.jina.rerank import JinaRerank
from limen.dialects.openai.embeddings import OpenAIEmbeddings
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.secret import Secret
from limen.providers.base import ProviderSettings
from limen.providers.voyage import VoyageConfig, VoyageProvider

PROVIDER = VoyageProvider(ProviderSettings("m", VoyageConfig(api_key=Secret("k"))))


def test_requests_have_their_paths() -> None:
    """At the usual address."""
    for operation, path in ((Operation.EMBEDDINGS, b"/v1/embeddings"), (Operation.RERANK, b"/v1/rerank")):
        request = PROVIDER.prepare(operation, b"", model="m", stream=False)
        assert (request.origin.host, request.target) == ("api.voyageai.com", path)


def test_requests_are_translated() -> None:
    """Each into this provider's words."""
    embed = OpenAIEmbeddings().parse_request(b'{"input":["a"],"dimensions":4}')
    assert "output_dimension" in json.loads(PROVIDER.adapter.embeddings_to_model(embed, Losses()))
    rerank = JinaRerank().parse_request(b'{"query":"q","documents":["a"],"top_n":1}')
    assert "top_k" in json.loads(PROVIDER.adapter.rerank_to_model(rerank, Losses()))
