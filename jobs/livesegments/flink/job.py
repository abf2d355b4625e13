"""What is to run, wherever it runs: made once, of what people asked for, before anything is started."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError
from livesegments.core.times import NEVER
from livesegments.flink.configuration import ddl_variables, flink_settings
from livesegments.flink.edges import Edges, packaged_edge, read_edges
from livesegments.flink.engines import Takeover
from livesegments.flink.given_models import given_models
from livesegments.flink.options import JobOptions, read_options
from livesegments.flink.progress import silent
from livesegments.flink.takeovers import takeover_of

__all__ = ["JOB_NAME", "Job", "Mode", "make_job"]

JOB_NAME = "livesegments"
Mode = Literal["thread", "process"]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job; what is None or 0 was not asked for."""

    definition: Definition
    edges: Path  # the DDL file
    events: Path | None  # ${EVENTS} of the DDL
    out: Path | None  # ${OUT} of the DDL
    state: Path | None  # keeps the checkpoints of an embedded run, which goes on from the newest one there
    models: Iterable[bytes] | None  # records of segment_models to begin with; None where there are none yet
    until_ms: int | None
    latest_ms: int  # the greatest time that an event may have, where the input ends
    parallelism: int  # 0: that of the place where it runs
    mode: Mode | None  # None: that of the place where it runs
    options: JobOptions
    variables: Mapping[str, str]  # `--set` of the DDL's variables
    flink: Mapping[str, str]  # `--set` of Flink's own options
    takeover: Takeover | None = None  # from another job

    def read_edges(self, events: Path | None) -> Edges:
        """Read the DDL with the events at a path; raises EdgeError for all that is wrong with it."""
        variables = dict(self.variables)
        for name, path in (("EVENTS", events), ("OUT", self.out and self.out.resolve())):
            if path is not None:
                variables[name] = str(path)
        return read_edges(self.edges, variables, self.variables)


def make_job(
    definition: Definition,
    *,
    events: Path | None = None,
    out: Path | None = None,
    edges: Path | None = None,
    state: Path | None = None,
    models: Path | None = None,
    until_ms: int | None = None,
    latest_ms: int = NEVER,
    parallelism: int = 0,
    mode: Mode | None = None,
    settings: Mapping[str, str] | None = None,
    quiet_until_ms: int | None = None,
    baseline: Path | None = None,
    say: Callable[[str], None] = silent,
) -> Job:
    """Make a job; `edges` is files.sql if there are none, `models` a file, a folder or `topic`, `settings` of `--set`.

    `say` takes what is told of the baseline. Raises EdgeError for what is wrong with them, before anything is started.
    """
    settings = settings or {}
    if edges is None and (events is None or out is None):
        raise EdgeError("run: required --events PATH and --out DIR, or --edges FILE; see livesegments run --help")
    options = read_options(settings)
    variables = ddl_variables(settings)
    return Job(
        definition=definition,
        edges=edges or packaged_edge("files.sql"),
        events=events,
        out=out,
        state=state,
        models=given_models(models, settings),
        until_ms=until_ms,
        latest_ms=latest_ms,
        parallelism=parallelism,
        mode=mode,
        options=options if events is None else msgspec.structs.replace(options, source_parallelism=1),  # keeps order
        variables=variables,
        flink=flink_settings(settings),
        takeover=takeover_of(quiet_until_ms, baseline, edges, variables, say),
    )
