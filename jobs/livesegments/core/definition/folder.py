"""A definition split over the files of a folder: their sections are put together as if they were one file."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import Any

from livesegments.core.definition.document import Document, Path, describe
from livesegments.core.definition.texts import read_text
from livesegments.core.errors import DefinitionError, Problem

__all__ = ["FolderDocument", "read_folder"]

_ENDS = (".yaml", ".yml")


class FolderDocument(Document):
    """The plain values of all files of a folder; a problem names the file in which its path stands.

    `text` is the whole as one file, in JSON, which is YAML.
    """

    def __init__(self, folder: FilePath, documents: list[Document]) -> None:
        self.file = str(folder / "*.yaml")
        self.lines = {(): 1}
        self.problems = []
        self.warnings = []
        self.written = {}
        self.value: dict[str, Any] = {}
        self._files: dict[Path, str] = {}
        for document in documents:
            self._add(document)
        self.text = json.dumps(self.value)

    def _add(self, document: Document) -> None:
        sections = document.mapping(document.value, (), "a mapping of sections")
        self.problems += document.problems
        for section, value in sections.items():
            held = self.value.get(section)
            if section not in self.value or held is None:
                self.value[section] = dict(value) if isinstance(value, dict) else value
                self._take(document, (section,))
            elif isinstance(held, dict) and isinstance(value, dict):
                for name, part in value.items():
                    self._put(document, held, (section, name), part)
            elif value is not None and value != held:
                self._twice(document, (section,), value)

    def _put(self, document: Document, held: dict[str, Any], path: Path, value: Any) -> None:
        name = str(path[-1])
        if name in held:
            self._twice(document, path, value)
        else:
            held[name] = value
            self._take(document, path)

    def _take(self, document: Document, path: Path) -> None:
        """Take over where the path and all below it stand."""
        for place, line in document.lines.items():
            if place[: len(path)] == path:
                self.lines[place] = line
                self._files[place] = document.file
        self.written |= {place: text for place, text in document.written.items() if place[: len(path)] == path}

    def _twice(self, document: Document, path: Path, value: Any) -> None:
        place = path if path in self._files else path[:1]
        first = f"{self._files[place]}:{self.lines[place]}"
        what = f'"{path[-1]}" stands in {first} too'
        message = f"{what}: rename or remove one" if len(path) > 1 else f"{what}, and says otherwise: {describe(value)}"
        text = ".".join(map(str, path))
        self.problems.append(Problem(file=document.file, line=document.lines[path], path=text, message=message))

    def _at(self, path: Path, message: str) -> Problem:
        problem = super()._at(path, message)
        place = path
        while place not in self.lines:
            place = place[:-1]
        return Problem(file=self._files.get(place, self.file), line=problem.line, path=problem.path, message=message)


def read_folder(folder: FilePath) -> FolderDocument:
    """Read the files of a folder, by name, that end in .yaml or .yml; raises DefinitionError where there is none."""
    files = sorted(file for file in folder.iterdir() if file.suffix in _ENDS and file.is_file())
    if not files:
        message = "expected a folder with files that end in .yaml, found none"
        raise DefinitionError([Problem(file=str(folder), line=1, path="", message=message)])
    documents: list[Document] = []
    problems: list[Problem] = []
    for file in files:
        try:
            documents.append(Document(read_text(file, "definition file"), str(file)))
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return FolderDocument(folder, documents)
