"""`livesegments clusters`: what the clusters are, how they lasted, and how good they are."""

from __future__ import annotations

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
    from livesegments.core.definition import Definition
    from livesegments.models.book import ModelBook
    from livesegments.models.clusters.report import ClusteringReport, Story

__all__ = ["clusters"]


def clusters(
    events: LearnFrom = None,
    models: LearnedModels = None,
    config: Config = None,
    until: Until = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Draw them into this .png or .svg file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show the clusters: size, median of each feature, what sets each apart, how they lasted, and how good they are.

    With --events, all users are counted as they are at the end, and the clusters are compared with batch k-means.
    """
    import msgspec

    from livesegments.cli.outputs import refuse_overwriting
    from livesegments.models.clusters.report import report

    check_source("clusters", events, models)
    check_picture(picture, "--picture")
    refuse_overwriting({"--picture": picture}, events=events, definition=[config], models=models)
    stories: dict[str, Story] = {}
    if events is not None:
        definition = definition_in_force(config, quiet=quiet)
        with readable_again(events) as again:
            book, stories = _learned(definition, again, read_time(until, "--until"), quiet=quiet)
    else:
        from livesegments.models.files import read_models

        assert models is not None
        book = read_models(models)
    versions = book.cluster_versions()
    if not versions:
        raise EdgeError(
            f"{models or events}: required versions of clusters, found none; too few users, or none defined"
        )
    reports = [report(told, stories.get(name)) for name, told in sorted(versions.items())]
    if picture is not None:
        from livesegments.cli.cluster_picture import draw_clustering

        save_rows(draw_clustering, list(versions.values()), picture, width=12)
        say(f"drawn: {picture}", quiet=quiet)
    if json:
        print_line(msgspec.json.encode(reports))
        return
    for told in reports:
        _show(told)


def _learned(
    definition: Definition, events: Path, until_ms: int | None, *, quiet: bool
) -> tuple[ModelBook, dict[str, Story]]:
    """Learn from the events, then segment them, and count."""
    from livesegments.cli.inputs import read_lines
    from livesegments.core.changes import ClusterChange
    from livesegments.core.replay import Replay
    from livesegments.models.book import ModelBook
    from livesegments.models.clusters.report import Story
    from livesegments.models.engine import engine_with_models
    from livesegments.models.learning import ModelLearner
    from livesegments.models.passes import learn_with

    if not definition.clusters:
        raise EdgeError(f"{definition.file}: required a section `clusters:`, found none")
    learner = ModelLearner(definition, judged=False, unread=False)
    reading = reading_now(definition, events, until_ms, quiet=quiet)
    rows = learn_with(learner, counted(read_lines(events), "events learned", quiet=quiet), until_ms, reading)
    book = ModelBook(row.payload for row in rows)
    users: dict[str, dict[int, int]] = {name: {} for name in definition.clusters}
    moves: dict[str, dict[str, int]] = {name: {} for name in definition.clusters}
    replay = Replay(engine_with_models(definition, book, unread=False), until_ms, reading=reading)
    for change in replay.run(counted(read_lines(events), "events", quiet=quiet)):
        if isinstance(change.detail, ClusterChange):
            told = moves[change.detail.clustering]
            told[change.detail.moved] = told.get(change.detail.moved, 0) + 1
    for user in replay.profiles:
        for name, held in replay.profiles[user].clusters.items():
            users[name][held.id] = users[name].get(held.id, 0) + 1
    return book, {
        name: Story(users=users[name], moves=moves[name], sample=learner.vectors(name)) for name in definition.clusters
    }


def _show(told: ClusteringReport) -> None:
    rows = [
        [
            cluster.name,
            f"{cluster.id}",
            "" if cluster.users is None else f"{cluster.users:,}",
            f"{cluster.share:.1%}",
            *("" if value is None else f"{value:,.4g}" for value in cluster.medians.values()),
            cluster.apart,
        ]
        for cluster in told.clusters
    ]
    title = f"{told.clustering}: version {told.version} by {told.algorithm}, in force from {told.effective_at}"
    table(title, ["cluster", "id", "users", "share", *told.features, "set apart by"], rows)
    lasted = told.stability
    kept = "" if lasted.kept is None else f"; {lasted.kept:.1%} of members kept from one to the next"
    say(
        f"{lasted.versions} versions: {lasted.born} born, {lasted.split} split, {lasted.merged} merged, "
        f"{lasted.died} died after the first{kept}; {len(told.drifts)} drifts"
    )
    if lasted.user_moved is not None:
        say(f"changes: {lasted.user_moved:,} because the user moved, {lasted.model_moved:,} because the model moved")
    good = [f"mean squared distance {told.error:.3f}"]
    if told.silhouette is not None:
        good.append(f"silhouette {told.silhouette:.3f}")
    if told.ssq_ratio is not None:
        good.append(f"{told.ssq_ratio:.3f} times the squared distances of batch k-means")
    say("quality: " + ", ".join(good))
