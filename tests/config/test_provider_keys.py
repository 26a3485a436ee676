"""The keys of a `config:` block, looked up by the fields' types alone."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, Field

from checking import KEY, found, only, openai
from limen.config.document import read_document
from limen.config.findings import Findings
from limen.config.provider_keys import ProviderKeys
from limen.model.secret import MASK, Secret
from limen.providers.base import BaseProvider, ProviderConfig


def keep(secret: Secret) -> Secret:
    return secret


class Auth(BaseModel):
    token: Secret
    region: str = ""


class Config(ProviderConfig):
    api_key: Secret
    second: Annotated[Secret, AfterValidator(keep)] | None = None
    third: Annotated[Secret, AfterValidator(keep)] = Secret("default")
    written: Secret | None = Field(default=None, alias="as-written")
    host: str = ""
    auth: Auth | None = None


class Acme(BaseProvider):
    NAME, DISPLAY_NAME, CONFIG_TYPE = "acme", "Acme", Config
    ENV_KEYS, KEY_FIELD = ("ACME_TOKEN",), "api_key"


def looked_up(text: str) -> tuple[dict[str, object], list[str], set[str]]:
    document = read_document(text)
    findings = Findings(document)
    keys = ProviderKeys(findings, {"TOKEN": "from-environment"}, {"/key": b"from-file\n"}.get)
    data = keys.looked_up(Acme, document.data, ())
    return data, [str(problem) for problem in findings], keys.found


def test_every_field_of_the_type_is_looked_up() -> None:
    """Alone, annotated, optional, with a default, under an alias, in a block inside: what counts is the type."""
    data, said, found_texts = looked_up(
        "{api_key: $TOKEN, second: /key, third: literal, as-written: $TOKEN, auth: {token: /key, region: r}}"
    )
    assert data == {
        "api_key": Secret("from-environment"),
        "second": Secret("from-file"),
        "third": Secret("literal"),
        "as-written": Secret("from-environment"),
        "auth": {"token": Secret("from-file"), "region": "r"},
    }
    assert said == []
    assert found_texts == {"from-environment", "from-file", "literal"}


def test_optional_keys_may_be_left_out_or_null() -> None:
    """They keep the provider's default; null for a key that has no null is a mistake."""
    data, said, _ = looked_up("{api_key: k, second: null}")
    assert (data, said) == ({"api_key": Secret("k"), "second": None}, [])
    assert "`third`: The api key provided is empty" in looked_up("{api_key: k, third: null}")[1][0]


def test_a_missing_key_suggests_its_variable() -> None:
    """The usual one where the provider names it, else one made of the field's name."""
    _, said, _ = looked_up("{auth: {region: r}}")
    assert said[0].startswith("line 1: `api_key`: this key is missing: Field required; add `api_key: $ACME_TOKEN`")
    assert "add `token: $TOKEN`" in said[1]


def test_other_fields_are_taken_as_they_stand() -> None:
    """As in MLflow nothing else is looked up; a `$` there is likely a mistake, and is told as a warning."""
    data, said, _ = looked_up("{api_key: k, host: $TOKEN}")
    assert data["host"] == "$TOKEN"
    assert said == [
        "line 1: `host`: the `$` is taken as it stands; write the value itself; only keys such as `api_key` are looked up"
    ]


def test_a_path_without_a_file_is_a_warning() -> None:
    """MLflow takes it as the key itself, and so does limen; nobody means that."""
    problem = only(openai("{openai_api_key: /etc/keys/openai}"))
    assert problem.severity == "warning"
    assert "looks like the path of a file" in problem.message
    assert found(openai("{openai_api_key: /etc/keys/openai}"), files={"/etc/keys/openai": b"sk-1\n"}) == []


@pytest.mark.parametrize(
    "config",
    [
        f"{{openai_api_key: '{KEY} '}}",
        f"{{openai_api_key: {KEY}, openai_api_base: '{KEY}'}}",
        f"{{openai_api_key: x, openai_api_base: '{KEY}'}}",
        f"{{openai_api_key: x, openai_api_base: 'ftp://user:{KEY}@host'}}",
        f"{{openai_api_key: x, openai_api_type: '{KEY}'}}",
        f"{{openai_api_key: {KEY}, openai_api_base: 5, nothing: {KEY}}}",
        f"{{openai_api_key: [{KEY}]}}",
        f"{{openai_api_key: {{a: {KEY}}}}}",
        f"[{KEY}]",
        f"'{KEY}'",
    ],
)
def test_no_problem_shows_a_key(config: str) -> None:
    """Not the key itself, nor one in the wrong field, whatever is wrong with it."""
    problems = found(openai(config))
    assert problems
    assert KEY not in " ".join(f"{problem.path} {problem}" for problem in problems)


@pytest.mark.parametrize("where", ["environ", "files"])
def test_no_problem_shows_a_key_from_elsewhere(where: str) -> None:
    """A key that was looked up is masked in what validators say about its block."""
    text = openai(
        f"{{openai_api_key: {'$OTHER' if where == 'environ' else '/key'}, openai_api_base: 'http://zq7-w.x/{{}}'}}"
    )
    given = {"environ": {"OTHER": "zq7-w"}} if where == "environ" else {"files": {"/key": b"zq7-w\n"}}
    text = text.replace("http://", "htp://")
    problem = only(text, **given)
    assert "zq7-w" not in str(problem)
    assert MASK in problem.message
