"""`livesegments models`: what the predictions are, and how good."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import counted, print_line, say, table
from livesegments.cli.engines import reading_now
from livesegments.cli.options import (
    Config,
    Json,
    LearnedModels,
    LearnFrom,
    Quiet,
    Until,
    check_source,
    definition_in_force,
    read_time,
)
from livesegments.cli.past_events import readable_again
from livesegments.cli.pictures import check_picture, save_rows
from livesegments.core.errors import EdgeError

if TYPE_CHECKING:
    from livesegments.models.book import ModelBook
    from livesegments.models.month_ends import MonthEnds
    from livesegments.models.predictions.record import Measures, PredictionQuality
    from livesegments.models.predictions.report import PredictionReport

__all__ = ["models"]

_CHANCES = {"auc": "AUC", "log_loss": "log loss", "brier": "Brier", "calibration_error": "ECE", "lift": "lift top 10%"}
_AMOUNTS = {
    "correlation": "correlation",
    "absolute_error": "mean abs. error",
    "squared_error_root": "RMSE",
    "bias": "bias",
}
_SHOWN = 10  # versions at most, the newest; `--json` has all that are known


def models(
    events: LearnFrom = None,
    models: LearnedModels = None,
    config: Config = None,
    until: Until = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw reliability and gain into this .png or .svg file.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the predictions: how good the answers were that had time to become true, by version, beside the base rate.

    Labels are those of an even sample of users; with --events, all users are asked about at the end of each month too.
    AUC, log loss, Brier score, expected calibration error (ECE) and lift in the likeliest tenth; for money the
    correlation, errors and bias. A prediction that was worse than the base rate for a day is warned of.
    """
    import msgspec

    from livesegments.cli.outputs import refuse_overwriting
    from livesegments.models.predictions.report import report

    check_source("models", events, models)
    check_picture(picture, "--picture")
    refuse_overwriting({"--picture": picture}, events=events, definition=[config], models=models)
    month_ends: dict[str, MonthEnds] | None = None
    if events is not None:
        with readable_again(events) as again:
            book, qualities, month_ends = _learned(config, again, read_time(until, "--until"), quiet=quiet)
    else:
        from livesegments.models.files import read_models_and_qualities

        assert models is not None
        book, qualities = read_models_and_qualities(models)
    reports = report(book, qualities, month_ends)
    if not reports:
        raise EdgeError(
            f"{models or events}: required versions of predictions, found none; too few labels, or none defined"
        )
    if picture is not None:
        _draw(reports, picture, quiet=quiet)
    if json:
        print_line(msgspec.json.encode(reports))
    else:
        for told in reports:
            _show(told)
    for told in reports:
        if told.warning is not None:
            say(f"warning: {told.warning}")


def _learned(
    config: Path | None, events: Path, until_ms: int | None, *, quiet: bool
) -> tuple[ModelBook, list[PredictionQuality], dict[str, MonthEnds]]:
    from livesegments.cli.inputs import read_lines
    from livesegments.models.book import ModelBook
    from livesegments.models.month_ends import at_month_ends
    from livesegments.models.passes import learn_models
    from livesegments.models.predictions.record import quality_in

    definition = definition_in_force(config, quiet=quiet)
    if not definition.predictions:
        raise EdgeError(f"{definition.file}: required a section `predictions:`, found none")
    book, qualities = ModelBook(), []
    lines = counted(read_lines(events), "events learned", quiet=quiet)
    reading = reading_now(definition, events, until_ms, quiet=quiet)
    for row in learn_models(definition, lines, until_ms, reading):
        book.add(row.payload)
        if (quality := quality_in(row.payload)) is not None:
            qualities.append(quality)
    lines = counted(read_lines(events), "events", quiet=quiet)
    return book, qualities, at_month_ends(definition, book, lines, until_ms, reading)


def _show(told: PredictionReport) -> None:
    asked = f"{told.asks} by {told.model}"
    title = f"{told.prediction} ({asked}): version {told.version}, in force from {told.effective_at}"
    quality = told.quality
    if quality is None:
        say(f"{title}: no answer has had time to become true")
        return
    columns = _AMOUNTS if told.asks == "value" else _CHANCES
    rows = [
        [f"version {one.version}", one.labels, *_numbers(one.measures, columns)] for one in quality.versions[-_SHOWN:]
    ]
    rows.append(["all versions", quality.labels, *_numbers(quality.measures, columns)])
    rival = "mean" if told.asks == "value" else "base rate"
    rows.append([rival, quality.labels, *_numbers(quality.base, columns)])
    if told.month_ends is not None:
        ends = told.month_ends
        rows.append([f"all users at {ends.months} month ends", ends.users, *_numbers(ends.measures, columns)])
        rows.append([f"  {rival} of each month", ends.users, *_numbers(ends.base, columns)])
    table(title, ["answers of", "labels", *columns.values()], rows)


def _numbers(measures: Measures, columns: Iterable[str]) -> list[str]:
    values = (measures.get(column) for column in columns)
    return ["" if value is None else f"{value:.3f}" for value in values]


def _draw(reports: list[PredictionReport], path: Path, *, quiet: bool) -> None:
    """Draw each prediction of whether something happens."""
    from livesegments.cli.model_picture import draw_quality

    drawn = [told.quality for told in reports if told.quality is not None and told.quality.reliability]
    if not drawn:
        raise EdgeError("--picture: required a prediction of `will` whose answers had time to become true, found none")
    save_rows(draw_quality, drawn, path, width=10)
    say(f"drawn: {path}", quiet=quiet)
