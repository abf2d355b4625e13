"""The survey as one record, for `check --events --json` and for tables."""

from __future__ import annotations

import msgspec

from livesegments.core.selection import path_text
from livesegments.survey.findings import findings_of, never_matched, skipped_of
from livesegments.survey.names import Held, never_came
from livesegments.survey.records import Finding, NeverCame, NeverMatched, Skipped
from livesegments.survey.survey import Survey

__all__ = ["NameRow", "PathRow", "Report", "report_of"]


class NameRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event name, or a type but `track`: how often it came, and how many features read it."""

    name: str
    events: int
    features: int


class PathRow(msgspec.Struct, frozen=True, kw_only=True):
    """A path: with which name, how often, which kinds of values stood there, and how many features read it."""

    name: str
    path: str
    events: int
    kinds: dict[str, int]
    features: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that a survey shows; rows by frequency."""

    events: int
    dead_letters: dict[str, int]
    names: tuple[NameRow, ...]
    paths: tuple[PathRow, ...]
    paths_left_out: int
    never_came: tuple[NeverCame, ...]
    never_matched: tuple[NeverMatched, ...]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]


def report_of(survey: Survey) -> Report:
    """Give the survey as a record."""
    held = Held(survey.names, survey.definition)
    return Report(
        events=survey.events,
        dead_letters=dict(sorted(survey.dead_letters.items())),
        names=tuple(NameRow(name=n, events=c, features=_readers(survey, n)) for n, c in survey.names.most_common()),
        paths=tuple(_path_rows(survey)),
        paths_left_out=survey.paths_left_out,
        never_came=tuple(never_came(held)),
        never_matched=tuple(never_matched(survey)),
        skipped=tuple(skipped_of(survey)),
        findings=tuple(findings_of(survey, held)),
    )


def _readers(survey: Survey, name: str) -> int:
    """Count the features that read events of a name, those that read everything left out."""
    tallies = {id(tally): tally for kind in ("track", name) for tally in survey.read_by(kind, name)}
    return len({tally.reader.feature for tally in tallies.values() if not tally.reader.selector.everything})


def _path_rows(survey: Survey) -> list[PathRow]:
    rows = []
    for (name, path), tally in survey.paths.items():
        features = {
            found.reader.feature
            for kind in ("track", name)
            for found in survey.read_by(kind, name)
            if path in (*found.reader.paths, *found.reader.where_paths)
        }
        kinds: dict[str, int] = dict(tally.kinds.most_common())
        text = path_text(path)
        rows.append(PathRow(name=name, path=text, events=tally.count, kinds=kinds, features=len(features)))
    return sorted(rows, key=lambda row: (-row.events, row.name, row.path))
