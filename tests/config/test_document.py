"""YAML becomes plain data with places, and nothing in a file can hurt the process."""

from __future__ import annotations

import datetime
import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from limen.config import document as document_module
from limen.config.document import MAX_CHARACTERS, MAX_DEPTH, Document, read_document

SAMPLE = """\
endpoints:
  - name: chat        # a comment
    model:
      provider: openai
  - {name: b, model: {provider: x}}
top: 1
"""


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both of yaml's scanners: libyaml's, and the one in Python for machines without it."""
    monkeypatch.setattr(document_module, "LOADER", getattr(yaml, request.param))
    return request.param


def broken(text: str) -> str:
    """The one problem of a text that can't be read."""
    document = read_document(text)
    assert (document.readable, document.data) == (False, None)
    (problem,) = document.problems
    return str(problem)


def test_data_are_those_of_safe_load() -> None:
    """The content is what any YAML reader would give."""
    assert read_document(SAMPLE).data == yaml.safe_load(SAMPLE)


def test_every_value_knows_its_place() -> None:
    """A scalar is where it is written; a block is where its key is, which is what a person looks for."""
    document = read_document(SAMPLE)
    assert document.at(("endpoints",)) == (1, 1)
    assert document.at(("endpoints", 0)) == (2, 5)
    assert document.at(("endpoints", 0, "name")) == (2, 11)
    assert document.at(("endpoints", 0, "model")) == (3, 5)
    assert document.at(("endpoints", 1, "model", "provider")) == (5, 33)
    assert document.at_key(("endpoints", 1, "model", "provider")) == (5, 23)


def test_what_is_missing_is_placed_at_what_is_round_it() -> None:
    """A key that should be there points to the mapping that lacks it."""
    document = read_document(SAMPLE)
    assert document.at(("endpoints", 0, "model", "config", "key")) == (3, 5)
    assert document.at_key(("nothing", "here")) == (1, 1)
    assert Document().at(("a",)) is None


def test_json_is_read_too() -> None:
    """A JSON file is a configuration as well."""
    data = {"endpoints": [{"name": "a", "url": "https://x/y?z=1", "n": None, "t": True}]}
    assert read_document(json.dumps(data, indent=2)).data == data


def test_json_may_be_indented_with_tabs(loader: str) -> None:
    """As many programs write it; only yaml's scanner in Python does not take it, and says so."""
    text = json.dumps({"a": [1, 2]}, indent="\t")
    if loader == "CSafeLoader":
        assert read_document(text).data == {"a": [1, 2]}
    else:
        assert "tabs" in broken(text)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\ufeff"])
def test_an_empty_file_is_readable(text: str) -> None:
    """Nothing is in it, and that is not a matter of syntax."""
    document = read_document(text)
    assert (document.data, document.readable, document.problems) == (None, True, [])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: b: c", "line 1", "mapping values are not allowed"),
        ("a: @b", "line 1", "begins with @"),
        ("a:\n\tb: 1", "line 2", "not tabs"),
        ('a: 1\nb: "x', "line", "quotes"),
        ("a: [1, 2", "line", "brackets"),
        ("a: *later", "line 1", "no anchor &later"),
        ("a: !python/object:os.system x", "line 1", "has no meaning here"),
        ("a: !!set {x}", "line 1", "has no meaning here"),
        ("a: 2024-13-45", "line 1", "no timestamp"),
        ("? [a, b]\n: c", "line 1", "a key must be a text"),
        ("a: 1\n---\nb: 2", "line 2", "second document"),
        ("a: {<<: 3}", "line 1", "`<<` takes a mapping"),
        ("a: \0", "", "character"),
    ],
)
def test_bad_syntax_is_one_clear_problem(text: str, place: str, said: str) -> None:
    """What yaml can't read, or a configuration can't be, is told with its line."""
    problem = broken(text)
    assert place in problem
    assert said in problem


def test_a_syntax_error_does_not_quote_the_file() -> None:
    """The lines round an error may hold a key."""
    for text in ('key: "sk-secret', "key: sk-secret: x", "key: @sk-secret", "key: [sk-secret"):
        assert "sk-secret" not in broken(text)


def test_a_key_that_is_there_twice_is_a_problem() -> None:
    """Both lines are named, and the rest is still read."""
    document = read_document("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n")
    assert [str(problem) for problem in document.problems] == [
        "line 2: `b.c`: the key `c` is here twice, first on line 2 and again on line 2; keep one of them",
        "line 3: `a`: the key `a` is here twice, first on line 1 and again on line 3; keep one of them",
    ]
    assert document.readable


def test_keys_are_the_text_that_is_written() -> None:
    """YAML's idea that `on` is true and 1 a number does not reach keys."""
    assert read_document("on: 1\n1: 2\n~: 3").data == {"on": 1, "1": 2, "~": 3}


def test_scalars_have_the_types_of_yaml() -> None:
    """Numbers, dates and truth values are told apart from texts, so that a message can say so."""
    assert read_document("[1, 1.5, yes, null, 2024-06-01, '1', 0x10]").data == [
        *(1, 1.5, True, None),
        *(datetime.date(2024, 6, 1), "1", 16),
    ]


def test_aliases_and_merge_keys_work() -> None:
    """Shared blocks are laid out in each place; what a mapping says itself wins, then the first that is merged."""
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: *a\n"
    document = read_document(text)
    assert document.data == yaml.safe_load(text)
    assert document.at(("c", "z")) == (2, 17)
    assert document.at(("c",)) == (3, 1)
    assert document.at(("d", "x")) == (1, 11)


def test_a_bomb_of_aliases_is_refused() -> None:
    """Nine levels of ten would be a billion values."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases stand for more" in broken("\n".join(levels))
    merges = ["m0: &m0 {k: x}"]
    merges += [f"m{n}: &m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 10)}]}}" for n in range(1, 10)]
    assert "aliases stand for more" in broken("\n".join(merges))


@pytest.mark.parametrize("text", ["a: &x [*x]", "a: &x {b: *x}", "a: &x {<<: *x}"])
def test_a_circle_of_aliases_is_refused(text: str) -> None:
    """A value that holds itself has no end."""
    assert "contain themselves" in broken(text)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ("{a: ", "}"), ("- ", ""), ("[", "")])
def test_deep_nesting_is_refused(opening: str, closing: str) -> None:
    """A hundred thousand brackets are an error, not the end of the process."""
    number = 100_000 if opening == "[" else 3_000
    assert "levels deep" in broken(opening * number + closing * number)
    assert read_document("[" * MAX_DEPTH + "]" * MAX_DEPTH).readable


def test_a_huge_file_is_refused() -> None:
    """Nobody writes eight million characters of configuration."""
    assert "longer than" in broken("#" * (MAX_CHARACTERS + 1))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!<'\"|>#%@`\n\t ,?0\0é", max_size=40))
def test_no_text_raises(text: str) -> None:
    """Whatever is in a file, the outcome is data or a problem."""
    document = read_document(text)
    assert document.readable or document.problems
