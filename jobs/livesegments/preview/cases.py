"""Test files of users: which events, and what must be true of a user at a time; every mistake is told at once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any, Literal, get_args

import msgspec

from livesegments.core.definition import Definition, load_definition
from livesegments.core.definition.document import Document, Path, describe, near
from livesegments.core.definition.texts import read_text
from livesegments.core.errors import EdgeError
from livesegments.core.identity import Ending, Identity, Resolved
from livesegments.core.ingest import event_of, reading_of
from livesegments.core.times import parse_time
from livesegments.files import EventLines

__all__ = ["Case", "CaseFile", "ExpectedChange", "read_cases"]

Direction = Literal["entered", "left"]
_SECTIONS = ("definition", "events", "tests")
_KEYS = ("name", "at", "user", "segments", "features", "changes")
_CAUSES = ("event", "time", "model", "definition", "identity")


class ExpectedChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change that must come: time and cause where they are given."""

    change: Direction
    segment: str
    at_ms: int | None = None
    cause: str | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What must be true of a user at a time; None is not looked at. `segments` tells whether in or out."""

    name: str
    line: int
    at_ms: int
    user: str
    segments: dict[str, bool] | None = None
    features: dict[str, Any] | None = None
    changes: list[ExpectedChange] | None = None


class CaseFile(msgspec.Struct, kw_only=True):
    """One file of tests."""

    file: str
    definition: Definition
    lines: list[bytes]
    cases: list[Case]


def read_cases(file: FilePath, config: FilePath | None = None) -> CaseFile:
    """Read a file of tests; `config` is the definition where the file names none.

    Raises DefinitionError with all that is wrong with it, and what reading the definition and the events raises.
    """
    document = Document(read_text(file, "file of tests"), str(file))
    root = document.mapping(document.value, (), "a mapping with " + ", ".join(_SECTIONS))
    if "tests" not in root and ("segments" in root or "features" in root):
        document.problem((), "expected a file of tests, with " + ", ".join(_SECTIONS) + "; this is a definition")
        document.raise_problems()
    document.unknown_keys(root, _SECTIONS, (), "section")
    own = root.get("definition")
    if "definition" in root and not (isinstance(own, str) and own):
        advice = "leave `definition` out to test that of --config, else ./segments.yaml"
        document.problem(("definition",), f"expected the name of a file, found {describe(own)}; {advice}")
        document.raise_problems()
    definition = load_definition(file.parent / own, None) if own else load_definition(config)
    lines = _events(document, root.get("events"), file.parent)
    return _Reader(document, definition, lines).read(root)


def _events(document: Document, value: Any, folder: FilePath) -> list[bytes]:
    if isinstance(value, str):
        try:
            return list(EventLines(folder / value))
        except EdgeError as error:
            document.problem(("events",), str(error))
    elif isinstance(value, list) and all(isinstance(event, dict) for event in value):
        return [msgspec.json.encode(event) for event in value]
    else:
        document.problem(("events",), f"expected a file of events, or a list of events, found {describe(value)}")
    return []


class _Reader:
    def __init__(self, document: Document, definition: Definition, lines: list[bytes]) -> None:
        self.document = document
        self.definition = definition
        self.lines = lines
        self.users, self.alone = _users(lines, definition)

    def read(self, root: dict[str, Any]) -> CaseFile:
        document = self.document
        tests = root.get("tests")
        if not isinstance(tests, list) or not tests:
            document.problem(("tests",), f"expected a list of tests, found {describe(tests)}")
            tests = []
        cases = [self._case(("tests", number), value) for number, value in enumerate(tests)]
        document.raise_problems()
        return CaseFile(file=document.file, definition=self.definition, lines=self.lines, cases=cases)

    def _case(self, path: Path, value: Any) -> Case:
        test = self.document.mapping(value, path, "a mapping with " + ", ".join(_KEYS))
        self.document.unknown_keys(test, _KEYS, path, "key of a test")
        if not test.keys() & {"segments", "features", "changes"}:
            self.document.problem(path, "expected `segments`, `features` or `changes`, found nothing to test")
        at_ms = self._time(test.get("at"), (*path, "at"))
        user = self._user(test.get("user"), path)
        return Case(
            name=str(test.get("name") or f"{user} at {test.get('at')}"),
            line=self.document.lines.get(path, 1),
            at_ms=at_ms,
            user=user,
            segments=self._segments(test["segments"], (*path, "segments")) if "segments" in test else None,
            features=self._features(test["features"], (*path, "features")) if "features" in test else None,
            changes=self._changes(test["changes"], (*path, "changes")) if "changes" in test else None,
        )

    def _time(self, value: Any, path: Path) -> int:
        try:
            text = str(value)
            return parse_time(f"{text}T00:00:00Z" if len(text) == 10 else text)
        except ValueError:
            expected = "a time such as 2024-12-31T00:00:00Z or 2024-12-31"
            self.document.problem(path, f"expected {expected}, found {describe(value)}")
            return 0

    def _user(self, value: Any, path: Path) -> str:
        if value is None and self.alone is not None:
            return self.alone
        if value is None:
            self.document.problem(path, f"expected `user`, as there are {len(self.users):,} users in the events")
        elif str(value) not in self.users:
            hint = near(str(value), self.users)
            self.document.problem((*path, "user"), f"expected a user of the events, found {describe(value)}{hint}")
        return str(value)

    def _known(self, names: Iterable[Any], known: Iterable[str], path: Path, what: str) -> None:
        for name in names:
            if not isinstance(name, str) or name not in known:
                hint = "" if isinstance(name, dict | list) else near(str(name), known)
                self.document.problem(
                    path, f"expected a {what} of {self.definition.file}, found {describe(name)}{hint}"
                )

    def _segments(self, value: Any, path: Path) -> dict[str, bool]:
        """Read a list, which names all segments that the user is in, or a mapping to true and false, of some."""
        known = self.definition.segments
        if isinstance(value, list):
            self._known(value, known, path, "segment")
            return {name: name in value for name in known}
        wanted = self.document.mapping(value, path, "a list of segments, or a mapping to true or false")
        self._known(wanted, known, path, "segment")
        for name, inside in wanted.items():
            if not isinstance(inside, bool):
                self.document.problem((*path, name), f"expected true or false, found {describe(inside)}")
        return wanted

    def _features(self, value: Any, path: Path) -> dict[str, Any]:
        wanted = self.document.mapping(value, path, "a mapping of features to values")
        self._known(wanted, self.definition.features, path, "feature")
        return wanted

    def _changes(self, value: Any, path: Path) -> list[ExpectedChange]:
        if not isinstance(value, list):
            self.document.problem(
                path, f"expected a list such as [{{entered: vip, cause: event}}], found {describe(value)}"
            )
            return []
        return [self._change((*path, number), one) for number, one in enumerate(value)]

    def _change(self, path: Path, value: Any) -> ExpectedChange:
        wanted = self.document.mapping(value, path, "a mapping such as {entered: vip, at: 2024-12-31, cause: time}")
        self.document.unknown_keys(wanted, (*get_args(Direction), "at", "cause"), path, "key of a change")
        directions: list[Direction] = [word for word in get_args(Direction) if word in wanted]
        if len(directions) != 1:
            self.document.problem(path, "expected just one of `entered: SEGMENT` and `left: SEGMENT`")
            return ExpectedChange(change="entered", segment="")
        self._known([wanted[directions[0]]], self.definition.segments, path, "segment")
        cause = wanted.get("cause")
        if cause is not None and cause not in _CAUSES:
            self.document.problem((*path, "cause"), f"expected one of {', '.join(_CAUSES)}, found {describe(cause)}")
        return ExpectedChange(
            change=directions[0],
            segment=str(wanted[directions[0]]),
            at_ms=self._time(wanted["at"], (*path, "at")) if "at" in wanted else None,
            cause=cause,
        )


def _users(lines: Iterable[bytes], definition: Definition) -> tuple[list[str], str | None]:
    """Give all users that the events are of, and the one of them, where just one is left when visitors became users."""
    reading = reading_of(definition)
    identity = None if definition.identity is None else Identity(definition)
    users: set[str] = set()
    left: set[str] = set()
    for line in lines:
        event = event_of(line, reading)
        if event is None:
            continue
        resolved = Resolved(event.user_id) if identity is None else identity.take(event, line)
        left -= {move.visitor for move in resolved.moves if isinstance(move, Ending)}
        left.add(resolved.user_id)
        users.add(resolved.user_id)
    return sorted(users), left.pop() if len(left) == 1 else None
