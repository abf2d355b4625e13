"""A YAML file as plain values with the line of every path, and the list of what is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from livesegments.core.definition.other_words import meant
from livesegments.core.definition.yaml_hints import yaml_hint
from livesegments.core.errors import DefinitionError, Problem

__all__ = ["Document", "near"]

Path = tuple[str | int, ...]
DEPTH_MAX = 40
VALUES_MAX = 500_000
_NEAR = 0.7  # of 1; at 0.6 "condition" is near "description"
_NEAR_SHORT, _SHORT = 0.65, 4  # so short words are near with one letter of three wrong
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOOLEANS = {"true": True, "false": False}


class Document:
    """The plain values of one YAML file; `lines` says where each path stands, `problems` collects mistakes.

    `warnings` collects what is likely to be one; `written` has the texts of numbers that begin with 0, as in 01234.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.text = text
        self.lines: dict[Path, int] = {(): 1}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.written: dict[Path, str] = {}
        self._values = 0
        self.value = self._read(text)

    def problem(self, path: Path, message: str) -> None:
        """Note one mistake at a path; the line is that of the nearest path that exists."""
        self.problems.append(self._at(path, message))

    def warning(self, path: Path, message: str) -> None:
        """Note what is likely to be a mistake."""
        self.warnings.append(self._at(path, message))

    def _at(self, path: Path, message: str) -> Problem:
        place = path
        while place not in self.lines:
            place = place[:-1]
        return Problem(file=self.file, line=self.lines[place], path=_text(path), message=message)

    def raise_problems(self) -> None:
        """Raise DefinitionError with all mistakes so far, in line order; nothing when there are none."""
        if self.problems:
            raise DefinitionError(sorted(set(self.problems), key=lambda problem: (problem.line, problem.path)))

    def mapping(self, value: Any, path: Path, what: str) -> dict[str, Any]:
        """Give the value when it is a mapping, else note a mistake and give an empty one."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.problem(path, f"expected {what}, found {describe(value)}")
        return {}

    def unknown_keys(self, value: dict[str, Any], known: Iterable[str], path: Path, what: str) -> None:
        """Note every key that is not known, with a near one, or with all that there are."""
        known = list(known)
        free = [one for one in known if one not in value]
        for key in value:
            if key not in known:
                hint = meant(key, free) or near(key, free) or f"; there are: {', '.join(known) or 'none'}"
                self.problem((*path, key), f'unknown {what} "{key}"{hint}')

    def _read(self, text: str) -> Any:
        from ruamel.yaml import YAML  # 80 ms: only where a definition is read
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        try:
            node = YAML(typ="safe", pure=True).compose(text)
        except MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            found = " ".join(filter(None, (error.context, error.problem)))
            self._fail(line, f"expected YAML, found: {found}{yaml_hint(found)}")
        except YAMLError as error:
            self._fail(1, f"expected YAML in UTF-8, found: {str(error).splitlines()[0]}")
        return None if node is None else self._plain(node, ())

    def _fail(self, line: int, message: str) -> NoReturn:
        raise DefinitionError([Problem(file=self.file, line=line, path="", message=message)])

    def _plain(self, node: Any, path: Path) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(path, line)
        if len(path) > DEPTH_MAX:
            self._fail(line, f"expected nesting of at most {DEPTH_MAX}, found more")
        self._values += 1
        if self._values > VALUES_MAX:
            self._fail(line, f"expected at most {VALUES_MAX:,} values, found more; aliases (*name) count each time")
        if node.id == "scalar":
            node.value = self._whole(node)
            value = _scalar(node)
            if type(value) is int and len(node.value) > 1 and node.value[0] == "0" and node.value.isdigit():
                self.written[path] = node.value
            return value
        if node.id == "sequence":
            return [self._plain(item, (*path, index)) for index, item in enumerate(node.value)]
        mapping: dict[str, Any] = {}
        for key_node, value_node in _merged(node):
            line = key_node.start_mark.line + 1
            if key_node.id != "scalar":
                found = "a list" if key_node.id == "sequence" else "a mapping"
                told = f"expected a text as the key, found {found}; a text with brackets stands between quotes"
                self.problems.append(Problem(file=self.file, line=line, path=_text(path), message=told))
                continue
            key = self._whole(key_node)
            self.lines[(*path, key)] = line
            if key in mapping:
                self.problem((*path, key), f'"{key}" stands here twice: rename or remove one')
            mapping[key] = self._plain(value_node, (*path, key))
        return mapping

    def _whole(self, node: Any) -> str:
        """Give the text of a node with the halves of surrogate pairs put together, as JSON escapes them."""
        text: str = node.value
        if text.isascii() or not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._fail(node.start_mark.line + 1, "expected characters, found half a surrogate pair")


def _text(path: Path) -> str:
    return ".".join(map(str, path))


def _merged(node: Any) -> list[tuple[Any, Any]]:
    """Give the keys and values of a mapping; those that `<<: *name` adds come first, and its own ones win."""
    pairs: list[tuple[Any, Any]] = node.value
    if not any(key.value == "<<" for key, _ in pairs):
        return pairs
    own = [pair for pair in pairs if pair[0].value != "<<"]
    given = {str(key.value) for key, _ in own}
    added: list[tuple[Any, Any]] = []
    for key, value in pairs:
        sources = (value.value if value.id == "sequence" else [value]) if key.value == "<<" else []
        for source in sources:
            if source.id != "mapping":
                return pairs
            for pair in _merged(source):
                if str(pair[0].value) not in given:
                    given.add(str(pair[0].value))
                    added.append(pair)
    return added + own


def _scalar(node: Any) -> Any:
    text: str = node.value
    kind = node.tag.rsplit(":", 1)[-1]
    if kind == "int":
        try:
            return int(text.replace("_", ""), 0) if not text.lstrip("+-").isdigit() else int(text)
        except ValueError:
            return text
    if kind == "float":
        return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))
    if kind == "bool":
        return _BOOLEANS.get(text.lower(), text)
    return None if kind == "null" else text


def near(name: str, known: Iterable[str]) -> str:
    """Give `; did you mean "x"?` when a known name is near, else nothing."""
    candidates = list(known)
    same = [one for one in candidates if one.lower() == name.lower()]
    longer = [one for one in candidates if len(name) > 2 and one.lower().startswith(name.lower())]
    mixed = [one for one in candidates if sorted(one) == sorted(name)]
    matches = (
        same
        or mixed
        or (longer if len(longer) == 1 else [])
        or difflib.get_close_matches(name, candidates, n=1, cutoff=_NEAR_SHORT if len(name) <= _SHORT else _NEAR)
    )
    return f'; did you mean "{matches[0]}"?' if matches else ""


def describe(value: Any) -> str:
    """Say what was found, in words of the file."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()
