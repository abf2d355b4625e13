"""`livesegments check`: validate a definition file, and hold it against events."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli import FAILED
from livesegments.cli.console import counted, print_line, say
from livesegments.cli.options import Json, Quiet, definition_in_force

if TYPE_CHECKING:
    from livesegments.core.definition import Definition

__all__ = ["check"]


def check(
    config: Annotated[
        Path | None,
        typer.Argument(help="The definition file; without it ./segments.yaml, else the packaged shop.yaml."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", help="Hold the definition against these events: a file, or a folder of them."),
    ] = None,
    diff: Annotated[
        Path | None,
        typer.Option("--diff", help="Say what it means to go on with this definition instead of the given OLD one."),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with 1 when something looks wrong, when there is a warning, or when no event was applied.",
        ),
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check a definition file: every error at once, with line, path and near names.

    With --diff OLD: which features begin empty, which segments are evaluated anew, which models are learned anew, and
    what a savepoint keeps.

    With --events: which names and paths came and how often, which no feature reads, which names of the definition never
    came, which features never matched, what was skipped, and what looks like a mistake.

    The exit code is 0 also when something looks wrong, but 1 with --strict. There count what stands under "This looks
    wrong", warnings, and that no event of --events was applied: none is there, or all are dead letters. Names that
    never came and advice do not count by themselves.
    """
    from livesegments.core.definition import advice_of  # loads lark and YAML

    definition = definition_in_force(config, quiet=quiet)
    say(f"{definition.file}: {_counted_parts(definition)}", quiet=quiet)
    for advice in advice_of(definition):
        say(f"advice: {definition.file} {advice}", quiet=quiet)
    if diff is not None:
        _diff(definition_in_force(diff, quiet=quiet, option="--diff FILE"), definition, as_json=as_json)
    wrong, is_applied = len(definition.warnings), True
    if events is not None:
        found, is_applied = _survey(definition, events, as_json=as_json, quiet=quiet)
        wrong += found
    if strict and (wrong or not is_applied):
        reasons = [f"{wrong:,} {'thing looks' if wrong == 1 else 'things look'} wrong"] if wrong else []
        reasons += [] if is_applied else ["no event was applied"]
        say(f"--strict: {', and '.join(reasons)}")  # with --quiet too: it is why the exit code is 1
        raise typer.Exit(FAILED)


def _counted_parts(definition: Definition) -> str:
    parts = [
        f"{len(section):,} {name.removesuffix('s') if len(section) == 1 else name}"
        for name, section in (
            ("features", definition.features),
            ("segments", definition.segments),
            ("clusters", definition.clusters),
            ("predictions", definition.predictions),
        )
        if section or name in ("features", "segments")
    ]
    return ", ".join(parts)


def _diff(old: Definition, new: Definition, *, as_json: bool) -> None:
    import msgspec

    from livesegments.cli.edit_tables import identities, show_edit
    from livesegments.preview.edits import edit_of

    told = edit_of(old, new, identities)
    if as_json:
        print_line(msgspec.json.encode(told))
    else:
        show_edit(told)


def _survey(definition: Definition, events: Path, *, as_json: bool, quiet: bool) -> tuple[int, bool]:
    """Hold the definition against events and show what they tell.

    Gives how many things look wrong, and whether any event was applied: is no dead letter.
    """
    import msgspec

    from livesegments.cli.inputs import read_lines
    from livesegments.cli.survey_tables import show
    from livesegments.cli.verdict import say_left_out
    from livesegments.core.errors import LivesegmentsError
    from livesegments.files import why_nothing_was_read
    from livesegments.survey import Survey, report_of

    lines = read_lines(events)
    say_left_out(lines, quiet=quiet)
    survey = Survey(definition)
    for line in counted(lines, "events", quiet=quiet):
        survey.add(line)
    if survey.events and not survey.names:
        way = f"livesegments replay {events} --dead-letters FILE writes each event with its reason"
        raise LivesegmentsError(why_nothing_was_read(events, way))
    report = report_of(survey)
    if as_json:
        print_line(msgspec.json.encode(report))
    else:
        show(report)
    return len(report.findings), report.events > sum(report.dead_letters.values())
