"""YAML as far as our files need it: no aliases, no key twice, no tags of Python, bounded."""

from contextlib import suppress
from typing import Any, Final

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor

try:
    from yaml import CSafeLoader
except ImportError:  # PyYAML was built without libyaml
    from yaml import SafeLoader as CSafeLoader  # type: ignore[assignment]

LARGEST: Final = 256 * 1024
"""Characters of a file."""
DEEPEST: Final = 20
"""Levels of nesting."""
_TAB: Final = r"found character '\t' that cannot start any token"
"""PyYAML's words for it."""


def read_yaml(text: str) -> Any:
    """The values of a file. Raises ValueError that says what is wrong, and where."""
    if len(text) > LARGEST:
        raise ValueError(f"expected at most {LARGEST // 1024} KiB, got {len(text) // 1024} KiB")
    with suppress(yaml.YAMLError, ValueError):
        return yaml.load(text, _FastReader)  # noqa: S506, a SafeLoader
    try:
        return yaml.load(text, _Reader)  # noqa: S506, a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"not readable as YAML: {_told(error, text)}") from error


def write_yaml(values: Any) -> str:
    """The text of values, in their order."""
    return yaml.dump(values, Dumper=_Writer, sort_keys=False, allow_unicode=True)


def _told(error: Exception, text: str) -> str:
    """What PyYAML complains of in one line, which begins with the place."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
        return f"{_place(line, column)}: the character #x{error.character:04x} is not allowed"
    mark = getattr(error, "problem_mark", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return str(error)
    if error.problem == _TAB:
        return f"line {mark.line + 1} begins with a tab, use spaces"
    begun = error.context_mark
    since = "" if begun is None or begun.line == mark.line else f" begun in line {begun.line + 1}"
    context = f" ({error.context}{since})" if error.context else ""
    return f"{_place(mark.line, mark.column)}: {error.problem}{context}"


def _place(line: int, column: int) -> str:
    return f"line {line + 1}, column {column + 1}"


def _at(mark: yaml.Mark | None) -> str:
    return "" if mark is None else f"{_place(mark.line, mark.column)}: "


class _Strict(Composer, SafeConstructor):
    """Refuses what could surprise the reader of a file, or blow up in memory."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):  # type: ignore[attr-defined]  # the parser's
            raise self._refused("aliases are not read, write out what is meant")
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._refused(f"nested more than {DEEPEST} levels deep")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refused(self, why: str) -> yaml.YAMLError:
        at = _at(self.peek_event().start_mark)  # type: ignore[attr-defined]  # the parser's
        return yaml.YAMLError(f"{at}{why}")

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            if not isinstance(node, yaml.ScalarNode):
                raise
            raise ValueError(f"{_at(node.start_mark)}{error}") from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="expected a word as key", problem_mark=key.start_mark
                )
            if key.value in seen:
                problem = f"the key {key.value!r} is there twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        value = super().construct_scalar(node)
        if isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value):
            problem = "half of a character (a lone surrogate), which no record can carry"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
        return value


class _Reader(_Strict, yaml.SafeLoader):
    """Says where and what is wrong, with the line."""


class _FastReader(_Strict, CSafeLoader):
    """Takes a fifth of the time, with libyaml's parser."""

    def __init__(self, text: str) -> None:
        CSafeLoader.__init__(self, text)
        Composer.__init__(self)


class _Writer(yaml.SafeDumper):
    """Repeats what is there twice instead of naming it."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
