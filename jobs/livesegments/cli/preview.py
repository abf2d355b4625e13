"""`livesegments preview`: what a definition would do, before it is live."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livesegments.cli.console import counted, print_line, say
from livesegments.cli.engines import Models, engine_for
from livesegments.cli.options import Json, Quiet, Set, Until, definition_in_force, read_settings, read_time
from livesegments.cli.past_events import past_events
from livesegments.cli.pictures import check_picture
from livesegments.core.errors import EdgeError, LivesegmentsError

if TYPE_CHECKING:
    from livesegments.core.definition import Definition
    from livesegments.preview import Preview, Trial

__all__ = ["preview"]


def preview(
    new: Annotated[Path, typer.Argument(help="The definition file to try.")],
    events: Annotated[
        Path | None, typer.Option("--events", help="A .jsonl or .jsonl.gz file, or a folder of them.")
    ] = None,
    edges: Annotated[
        Path | None, typer.Option("--edges", help="In place of --events: a DDL file; its `events` up to their end now.")
    ] = None,
    settings: Set = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="The definition in force: who would be in only one, and why."),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option("--sweep", help="Try many values at once: 'segments.NAME.when: orders_90d >= {2..8}'."),
    ] = None,
    segment: Annotated[
        list[str] | None, typer.Option("--segment", help="Show this segment with all details. Repeatable.")
    ] = None,
    share: Annotated[
        float, typer.Option("--share", help="Count a sample of users, such as 0.1, and tell the error it brings.")
    ] = 1.0,
    until: Until = None,
    models: Models = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw sizes over time and moves between segments: .png or .svg.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Try a definition on past events: sizes, who enters and leaves and why, who comes back, what overlaps.

    With --against both definitions see the same events in one pass, and what differs is told with the deciding clause.
    With --sweep one segment is tried with many values, in one pass too.
    """
    from livesegments.cli.outputs import refuse_overwriting

    check_picture(picture, "--picture")
    refuse_overwriting({"--picture": picture}, events=events, definition=[new, against], models=models, edges=edges)
    if not 0 < share <= 1:
        raise EdgeError(f"--share: required a number above 0 and at most 1, found {share:g}")
    if sweep is not None and (against or segment or picture):
        raise EdgeError("--sweep: required without --against, --segment and --picture")
    definitions = [definition_in_force(new, quiet=quiet, option=None)]
    if against is not None:
        definitions.append(definition_in_force(against, quiet=quiet, option="--against FILE"))
    _check_names(segment, definitions)
    _check_share(share, definitions)
    until_ms = read_time(until, "--until")
    learns = models is None and any(definition.has_models for definition in definitions)
    with past_events("preview", events, edges, read_settings(settings), again=learns, quiet=quiet) as past:
        if sweep is not None:
            _sweep(sweep, definitions[0], past, share, until_ms, models, as_json=json, quiet=quiet)
            return
        trial = _tried(definitions, past, share, until_ms, models, quiet=quiet)
        _report(trial, past, segment, picture, as_json=json, quiet=quiet)


def _report(
    trial: Trial, events: Path, segment: list[str] | None, picture: Path | None, *, as_json: bool, quiet: bool
) -> None:
    from livesegments.cli.verdict import conclude
    from livesegments.preview import report_of

    letters = f"livesegments replay {events} --dead-letters FILE tells why"
    conclude(events, trial.counts, letters, left_out=trial.left_out, quiet=quiet)
    told = report_of(trial)
    if picture is not None:
        _draw(told, picture, segment)
    if as_json:
        import msgspec

        print_line(msgspec.json.encode(told))
    else:
        from livesegments.cli.preview_tables import show

        show(told, segment or [])
    if told.differ_unchanged:
        names = ", ".join(told.differ_unchanged)
        raise LivesegmentsError(f"required the same figures for segments that were not edited, found others: {names}")


def _check_share(share: float, definitions: list[Definition]) -> None:
    """Raise EdgeError where a sample would cut visitors off from the users that they turn out to be."""
    for definition in definitions:
        if share < 1 and definition.identity is not None:
            raise EdgeError(
                f"--share: required a definition without `identity:`, found one in {definition.file}; a sample is "
                "drawn by the id in each event, and would miss what its users did as visitors. Leave --share out"
            )


def _sweep(
    text: str,
    definition: Definition,
    events: Path,
    share: float,
    until_ms: int | None,
    models: Path | None,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    import msgspec

    from livesegments.cli.preview_tables import show_sweep
    from livesegments.preview import read_sweep

    sweep = read_sweep(text, definition)
    told = sweep.report_of(_tried([sweep.definition], events, share, until_ms, models, quiet=quiet))
    if as_json:
        print_line(msgspec.json.encode(told))
    else:
        show_sweep(told)


def _check_names(names: list[str] | None, definitions: list[Definition]) -> None:
    from livesegments.core.definition.document import near

    known = sorted({name for definition in definitions for name in definition.segments})
    for name in names or ():
        if name not in known:
            raise EdgeError(f'--segment: required a segment of the definition, found "{name}"{near(name, known)}')


def _tried(
    definitions: list[Definition],
    events: Path,
    share: float,
    until_ms: int | None,
    models: Path | None,
    *,
    quiet: bool,
) -> Trial:
    """Give the trial after its pass over the events; definitions with models learn them in a pass of their own."""
    from livesegments.cli.inputs import read_lines
    from livesegments.cli.latest import latest_now
    from livesegments.cli.verdict import say_left_out, say_skipped
    from livesegments.core.ingest import reading_of
    from livesegments.core.memory import look_for_cycles_seldom
    from livesegments.preview import Sample, Trial

    look_for_cycles_seldom()
    lines = read_lines(events)
    say_left_out(lines, quiet=quiet)
    latest_ms = latest_now(events, until_ms, quiet=quiet)
    readings = [reading_of(definition, latest_ms) for definition in definitions]
    engines = [
        engine_for(definition, events, models, until_ms, reading, documents=False, quiet=quiet)
        for definition, reading in zip(definitions, readings, strict=True)
    ]
    trial = Trial(
        engines[0],
        engines[1] if len(engines) > 1 else None,
        until_ms=until_ms,
        sample=Sample(share),
        readings=(readings[0], readings[-1]),
    )
    trial.run(counted(lines, "events", quiet=quiet))
    say_skipped(readings[0].skipped, quiet=quiet)
    return trial


def _draw(told: Preview, picture: Path, names: list[str] | None) -> None:
    from livesegments.cli.pictures import save_rows
    from livesegments.cli.preview_picture import draw_flows, draw_sizes

    shown = [one for one in told.segments if not names or one.segment in names]
    draws: list[Callable[[Any], None]] = [
        partial(draw_sizes, shown=shown),
        partial(draw_flows, shown=shown, flows=told.flows),
    ]
    save_rows(lambda figure, draw: draw(figure), draws, picture, width=11)
    say(f"{picture}: sizes over time, and moves between segments")
