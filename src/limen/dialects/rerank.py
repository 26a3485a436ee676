"""What all rerank dialects have in common: a query and documents in, places and scores out.

They differ in a few names, which a subclass gives, and in how a document is written when it is given back.

Must not: know any one of them.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from limen.dialects.base import Dialect
from limen.dialects.extra import adopt, extra_of, marks_of
from limen.dialects.json_text import NotJson, decode, encode
from limen.dialects.members import LenientMembers, Members
from limen.dialects.openai.chat_request import put_known, read_object, required, take_model
from limen.dialects.relay_checks import require_items, require_present
from limen.dialects.rendering import Rendering
from limen.errors import BadRequest, MalformedReply
from limen.model.losses import Losses
from limen.model.operation import Operation
from limen.model.rerank import Ranked, RerankRequest, RerankResponse
from limen.model.usage import Usage
from limen.wire.edit import Fields

_LISTED = "object"
"""Mark: the answer says that it is a list."""
_SCORE = "score"
"""Mark: the score stood under this shorter name."""


class RerankDialect(Dialect[RerankRequest, RerankResponse]):
    """`top` is the key of the bound on results, `results` that of their list, `usage` that of the usage."""

    operation: ClassVar[Operation] = Operation.RERANK
    top: ClassVar[str] = "top_n"
    also_top: ClassVar[str] = "top_k"
    """Another name for the bound, which clients write too."""
    results: ClassVar[str] = "results"
    usage: ClassVar[str] = "usage"
    returns_documents: ClassVar[bool] = True
    also: ClassVar[tuple[str, ...]] = ()
    """Keys that mean the same in a request of another dialect."""
    takes_objects: ClassVar[bool] = False
    """Whether a document may be an object."""

    def validate_relay(self, fields: Fields) -> None:
        """There is a query, and something to rank."""
        require_present(fields, "query")
        require_items(fields, "documents")

    def parse_request(self, body: bytes) -> RerankRequest:
        """The hub's request. `model` is empty where the body has none."""
        request = Members(read_object(body))
        required(request, "query")
        query = request.text("query") if isinstance(request.rest["query"], str) else ""
        top_n = request.integer(self.top)
        marks: tuple[str, ...] = ()
        if top_n is None and request.rest.get(self.also_top) is not None:
            top_n, marks = request.integer(self.also_top), (self.also_top,)
        return RerankRequest(
            model=take_model(request),
            query=query or "",
            documents=_take_documents(request),
            dialect=self.wire,
            top_n=top_n,
            return_documents=request.flag("return_documents"),
            user=request.text("user"),
            extra=extra_of(request.rest, *marks),
        )

    def render_request(self, request: RerankRequest, losses: Losses) -> bytes:
        """The body to send."""
        rendering = Rendering(self.wire, request.dialect, losses)
        same = rendering.same
        built: dict[str, Any] = {"model": request.model} if request.model else {}
        if request.query or "query" not in request.extra:
            built["query"] = request.query
        given = enumerate(request.documents)
        built["documents"] = [each if same else self._document(each, n, rendering) for n, each in given]
        top = self.also_top if same and self.also_top in marks_of(request.extra) else self.top
        put_known(built, **{top: request.top_n})
        for name, known in (("return_documents", self.returns_documents), ("user", False)):
            value = getattr(request, name)
            if value is not None and (known or same):
                built[name] = value
            elif value:
                rendering.lose(name, "this dialect has no such parameter")
        extra = request.extra if same else adopt(built, request.extra, self.also)
        return encode(rendering.keep(built, extra, ""))

    def _document(self, document: Any, index: int, rendering: Rendering) -> Any:
        """A document of another dialect: its text, where this one takes no objects."""
        if isinstance(document, str) or self.takes_objects:
            return document
        if isinstance(document, dict) and document.keys() == {"text"} and isinstance(document["text"], str):
            return document["text"]
        rendering.lose(f"documents[{index}]", "said as JSON text, for only texts can be ranked here")
        return encode(document).decode("utf-8", "surrogatepass")

    def parse_response(self, body: bytes) -> RerankResponse:
        """The hub's answer. Raises MalformedReply."""
        answer = _read_answer(body, self.results)
        values = answer.rest.pop(self.results)
        usage = answer.mapping(self.usage)
        marks = (_LISTED,) if answer.rest.get("object") == "list" else ()
        if marks:
            del answer.rest["object"]
        return RerankResponse(
            model=answer.text("model") or "" if answer.rest.get("model") else "",
            results=tuple([_parse_ranked(value, position) for position, value in enumerate(values)]),
            dialect=self.wire,
            id=answer.text("id"),
            usage=None if usage is None else self.parse_usage(usage),
            extra=extra_of(answer.rest, *marks),
        )

    def render_response(self, response: RerankResponse, losses: Losses) -> bytes:
        """The body to give to a client."""
        rendering = Rendering(self.wire, response.dialect, losses, answer=True)
        built: dict[str, Any] = {}
        if rendering.same:
            listed = "list" if rendering.marked(response.extra, _LISTED) else None
            put_known(built, object=listed, id=response.id, model=response.model or None)
        else:
            self.put_head(built, response)
        built[self.results] = [
            self._render_ranked(ranked, f"{self.results}[{position}]", rendering)
            for position, ranked in enumerate(response.results)
        ]
        if response.usage is not None:
            self.put_usage(built, response.usage)
        return encode(rendering.keep(built, response.extra, ""))

    def _render_ranked(self, ranked: Ranked, where: str, rendering: Rendering) -> dict[str, Any]:
        key = _SCORE if rendering.marked(ranked.extra, _SCORE) else "relevance_score"
        built: dict[str, Any] = {"index": ranked.index, key: ranked.score}
        if ranked.document is not None and rendering.same:
            built["document"] = ranked.document
        elif ranked.document is not None and self.returns_documents:
            built["document"] = self.echo(ranked.document)
        elif ranked.document is not None:
            rendering.lose(f"{where}.document", "this dialect gives no documents back")
        return rendering.keep(built, ranked.extra, where)

    @abstractmethod
    def parse_usage(self, raw: dict[str, Any]) -> Usage:
        """The usage in its buckets."""

    @abstractmethod
    def put_usage(self, built: dict[str, Any], usage: Usage) -> None:
        """Put the usage into the answer `built`; the provider's own object if it was in this dialect already."""

    @abstractmethod
    def put_head(self, built: dict[str, Any], response: RerankResponse) -> None:
        """Put what stands at the top of an answer into `built`."""

    def echo(self, document: Any) -> Any:
        """A document of another dialect as this one gives it back: an object with its text."""
        return {"text": document} if isinstance(document, str) else document


def text_of(document: Any) -> Any:
    """The text of a document that is an object with one; else the document."""
    text = document.get("text") if isinstance(document, dict) else None
    return text if isinstance(text, str) else document


def input_usage(raw: dict[str, Any], dialect: str) -> Usage:
    """The usage of an operation that writes nothing: all tokens went in."""
    counts = [raw.get("total_tokens"), raw.get("prompt_tokens")]
    found = [int(count) for count in counts if isinstance(count, int | float) and count > 0]
    return Usage(input_uncached=max(found, default=0), dialect=dialect, raw=raw)


def _take_documents(request: Members) -> tuple[Any, ...]:
    required(request, "documents")
    documents = request.array("documents")
    if not documents:
        raise BadRequest(
            "Invalid 'documents': empty array. Expected at least one document.", param="documents", code="empty_array"
        )
    for index, document in enumerate(documents):
        if not isinstance(document, str | dict):
            raise BadRequest(
                f"Invalid type for 'documents[{index}]': expected a string or an object.",
                param=f"documents[{index}]",
                code="invalid_type",
            )
    return tuple(documents)


def _read_answer(body: bytes, key: str) -> LenientMembers:
    try:
        value = decode(body)
    except NotJson as error:
        raise MalformedReply(f"the provider's answer can't be read: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get(key), list):
        raise MalformedReply(f"the provider's answer has no list of `{key}`")
    return LenientMembers(value)


def _parse_ranked(value: Any, position: int) -> Ranked:
    if not isinstance(value, dict):
        raise MalformedReply("the provider's answer has a result that is not an object")
    ranked = LenientMembers(value)
    index, marks = ranked.integer("index"), []
    if index is None:
        marks.append("-index")
    score = ranked.number("relevance_score")
    if score is None:
        score = ranked.number(_SCORE)
        marks.append("-relevance_score" if score is None else _SCORE)
    document = ranked.rest.pop("document") if ranked.rest.get("document") is not None else None
    return Ranked(
        position if index is None else index, 0 if score is None else score, document, extra_of(value, *marks)
    )
