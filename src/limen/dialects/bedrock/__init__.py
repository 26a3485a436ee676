"""Amazon Bedrock: the Converse dialect, and the small dialects of its embedding models."""

from typing import Final

WIRE: Final = "bedrock_converse"
"""The wire of Converse, and the issuer of the proofs that come in it."""
