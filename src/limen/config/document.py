"""YAML text → plain data, and where each piece of it stands. JSON is YAML too.

As safe as `yaml.safe_load`: tags never name code. Stricter in one way: a key that is there twice is a problem, since one of
the two would be lost without a word. Nesting and aliases are bounded before they cost anything.

Reads parser events instead of yaml's own nodes: libyaml's binding composes those recursively in C, and ends the process on a
file of 100,000 brackets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from limen.config.problems import Path, Position, Problem, show_path

# A hundredth of the time of the other; every wheel of PyYAML has it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 64
MAX_PIECES = 200_000
MAX_CHARACTERS = 8 * 1024 * 1024

_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


class Document:
    """A file's content: `data`, and the `problems` of its syntax. `readable` is False where they leave nothing to look at."""

    def __init__(self) -> None:
        self.data: Any = None
        self.readable = True
        self.problems: list[Problem] = []
        self.values: dict[Path, Position] = {}
        self.keys: dict[Path, Position] = {}

    def at(self, path: Path) -> Position | None:
        """Where the value of `path` is written, or else the nearest thing round it that is there."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.values:
                return self.values[path[:end]]
        return None

    def at_key(self, path: Path) -> Position | None:
        """Where the key of `path` is written."""
        return self.keys.get(path) or self.at(path)


def read_document(text: str) -> Document:
    """Read `text`. Never raises: what is wrong is in the document's `problems`."""
    document = Document()
    if len(text) > MAX_CHARACTERS:
        document.readable = False
        document.problems.append(Problem("error", "", f"it is longer than {MAX_CHARACTERS} characters"))
        return document
    try:
        loader = LOADER(text)
        try:
            _Walk(loader, document).document()
        finally:
            loader.dispose()
    except (yaml.YAMLError, _Unusable) as error:
        document.readable = False
        document.problems.append(_syntax_problem(error, text))
    return document


class _Unusable(Exception):
    """The text is YAML, but not of a kind that can be a configuration."""

    def __init__(self, message: str, mark: Any, hint: str = "") -> None:
        super().__init__(message)
        self.mark = mark
        self.hint = hint


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)


def _syntax_problem(error: Exception, text: str) -> Problem:
    """Only what yaml says, never the piece of the file that it quotes: there may be a key in it."""
    if isinstance(error, _Unusable):
        mark, message, hint = error.mark, str(error), error.hint
    elif isinstance(error, yaml.MarkedYAMLError):
        mark, context = error.problem_mark or error.context_mark, error.context
        message = f"{context}: {error.problem}" if context else str(error.problem)
        if "maximum nesting depth" in message:  # libyaml's own bound, in the versions that have one
            message = _TOO_DEEP
        hint = _syntax_hint(message)
    else:
        mark, hint = None, ""
        message = " ".join(str(error).splitlines()[:1]) or "it can't be read"
    if mark is None:
        return Problem("error", "", message, hint)
    line, column = _position(mark)
    # What is missing at the end is reported on a line after the last, where no editor can go.
    return Problem("error", "", message, hint, min(line, len(text.splitlines())), column)


def _syntax_hint(message: str) -> str:
    if "cannot start any token" in message:
        return "a line must be indented with blanks, not tabs, and a value that begins with @, ` or % needs quotes round it"
    if "mapping values are not allowed" in message:
        return "a value with ': ' in it needs quotes round it, and the keys of one mapping begin in one column"
    if "alias" in message:
        return "a value that begins with * needs quotes round it"
    return "look at the quotes, brackets and indentation in this line and before it"


class _Walk:
    """Two passes: events → nodes, then nodes → data, in which aliases and merge keys are laid out under each of their paths."""

    def __init__(self, loader: Any, document: Document) -> None:
        self._loader = loader
        self._document = document
        self._anchors: dict[str, yaml.Node] = {}
        self._pieces = 0

    def document(self) -> None:
        """Fill the document in."""
        loader = self._loader
        loader.get_event()
        if loader.check_event(yaml.StreamEndEvent):
            return
        loader.get_event()
        node = self._node(0)
        loader.get_event()
        if not loader.check_event(yaml.StreamEndEvent):
            mark = loader.peek_event().start_mark
            raise _Unusable("it holds a second document", mark, "take out the line `---` and what follows it")
        self._document.data = self._value(node, (), 0)

    def _node(self, depth: int) -> yaml.Node:
        event = self._loader.get_event()
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                hint = "a value that begins with * needs quotes round it"
                raise _Unusable(f"there is no anchor &{event.anchor} before this alias", event.start_mark, hint)
            return self._anchors[event.anchor]
        if depth > MAX_DEPTH:
            raise _Unusable(_TOO_DEEP, event.start_mark)
        node = self._new_node(event)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        if isinstance(node, yaml.SequenceNode):
            while not self._loader.check_event(yaml.SequenceEndEvent):
                node.value.append(self._node(depth + 1))
            self._loader.get_event()
        elif isinstance(node, yaml.MappingNode):
            while not self._loader.check_event(yaml.MappingEndEvent):
                node.value.append((self._node(depth + 1), self._node(depth + 1)))
            self._loader.get_event()
        return node

    def _new_node(self, event: Any) -> yaml.Node:
        kind: type[yaml.Node] = yaml.MappingNode
        value: Any = []
        if isinstance(event, yaml.ScalarEvent):
            kind, value = yaml.ScalarNode, event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            kind = yaml.SequenceNode
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._loader.resolve(kind, event.value if kind is yaml.ScalarNode else None, event.implicit)
        return kind(tag, value, event.start_mark, event.end_mark)

    def _value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            raise _Unusable("its aliases stand for more than a configuration can hold", node.start_mark)
        if depth > MAX_DEPTH:
            raise _Unusable("its aliases contain themselves, or too many others", node.start_mark)
        # A block below its key begins a line later; the key's own line is where people look.
        in_line = isinstance(node, yaml.ScalarNode) or path not in self._document.keys
        self._document.values[path] = _position(node.start_mark) if in_line else self._document.keys[path]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in _PLAIN_TAGS:
            raise _Unusable(f"the tag {node.tag!r} has no meaning here", node.start_mark, "take it out")
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self._mapping(node, path, depth)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        try:
            return self._loader.construct_object(node, deep=True)
        except yaml.constructor.ConstructorError as error:
            raise _Unusable(f"the tag {node.tag!r} has no meaning here", node.start_mark, "take it out") from error
        except (ValueError, OverflowError) as error:
            kind = node.tag.rpartition(":")[2]
            raise _Unusable(f"this is no {kind}: {error}", node.start_mark, "put quotes round it") from error

    def _mapping(self, node: yaml.Node, path: Path, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        here = self._document.values[path]
        for merged in self._merged(node):
            data.update(self._value(merged, path, depth + 1))
        self._document.values[path] = here
        seen: dict[str, Position] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                continue
            name = self._key(key)
            inner, place = (*path, name), _position(key.start_mark)
            if name in seen:
                self._twice(inner, seen[name], place)
            seen[name] = self._document.keys[inner] = place
            data[name] = self._value(value, inner, depth + 1)
        return data

    def _merged(self, node: yaml.Node) -> Iterator[yaml.Node]:
        """What `<<` names, the one that counts least first."""
        for key, value in node.value:
            if key.tag == _MERGE:
                for merged in reversed(value.value) if isinstance(value, yaml.SequenceNode) else (value,):
                    if not isinstance(merged, yaml.MappingNode):
                        hint = "write an alias of a mapping after it"
                        raise _Unusable("`<<` takes a mapping, or a list of mappings", merged.start_mark, hint)
                    yield merged

    def _key(self, node: yaml.Node) -> str:
        """The text of a key as it is written, whatever type YAML would give it: `on` stays "on"."""
        if not isinstance(node, yaml.ScalarNode):
            raise _Unusable("a key must be a text", node.start_mark, "put quotes round it")
        text: str = node.value
        return text

    def _twice(self, path: Path, first: Position, second: Position) -> None:
        message = f"the key `{path[-1]}` is here twice, first on line {first.line} and again on line {second.line}"
        self._document.problems.append(
            Problem("error", show_path(path), message, "keep one of them", second.line, second.column)
        )
