"""One job of an embedded run: staged, submitted, followed, and summed up."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
from pyflink.java_gateway import get_gateway

from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.core.replay import Counts
from livesegments.files.follow import LineFollower
from livesegments.flink.causes import is_input_error, message_of
from livesegments.flink.configuration import ddl_variables, embedded_settings, live_settings
from livesegments.flink.connectors import connector_jars, needed_connectors
from livesegments.flink.edges import Edges, Statement, packaged_edge, read_edges
from livesegments.flink.embedded import Progress, RunOptions, Summary
from livesegments.flink.given_models import given_models
from livesegments.flink.job import JOB_NAME, Job
from livesegments.flink.learning_pass import build_with_models
from livesegments.flink.options import read_options
from livesegments.flink.staging import stage_events
from livesegments.flink.tally import TallyRow, add_counts

__all__ = ["EmbeddedJob"]

POLL_SECONDS = 0.05


class EmbeddedJob:
    """A job from its options to its summary; the JVM must be connected before it is submitted."""

    def __init__(self, options: RunOptions, folder: Path, progress: Progress) -> None:
        self.options = options
        self.folder = folder
        self.progress = progress
        self.first_change_seconds: float | None = None
        self.edges = self._read_edges()
        self.client: Any = None
        self._result: Any = None
        self.follower = LineFollower(options.out / "segment-changes") if options.out else None

    def _read_edges(self) -> Edges:
        options = self.options
        if options.edges is None and (options.events is None or options.out is None):
            raise EdgeError("run: required --events PATH and --out DIR, or --edges FILE; found neither")
        given = ddl_variables(options.settings)
        variables = dict(given)
        if options.events is not None:
            variables["EVENTS"] = str(stage_events(options.events, self.folder))
        if options.out is not None:
            variables["OUT"] = str(options.out.resolve())
        edges = read_edges(options.edges or packaged_edge("files.sql"), variables, given)
        place = str(self.folder / "summary").replace("'", "''")
        table = (
            "CREATE TABLE summary (payload BYTES) "
            f"WITH ('connector' = 'filesystem', 'path' = '{place}', 'format' = 'raw')"
        )
        return Edges(edges.file, (*edges.statements, Statement(0, table)))

    def submit(self) -> None:
        """Build the job and start it."""
        options = self.options
        job_options = read_options(options.settings)
        if options.events is not None:  # the order of a file is that of one reader
            job_options = msgspec.structs.replace(job_options, source_parallelism=1)
        job = Job(
            definition=options.definition,
            edges=self.edges,
            options=job_options,
            settings=options.settings,
            until_ms=options.until_ms,
            models=given_models(options.models, options.settings),
        )
        self.progress.say("waiting for the plan")
        built = build_with_models(job, self._place(), self.progress.say)
        self.progress.say("waiting for the job to start")
        self.client = built.environment.execute_async(JOB_NAME)
        self._result = self.client._j_job_client.getJobExecutionResult()

    def _place(self) -> dict[str, str]:
        """Give the settings of a run inside this process's own JVM."""
        options = self.options
        place = embedded_settings(self.folder.parent, options.mode, options.parallelism)
        if options.events is None:
            place |= live_settings(options.state or self.folder / "checkpoints")
            if recovered := place.get("execution.state-recovery.path"):
                self.progress.say(f"going on from {recovered}")
        artifacts = needed_connectors(self.edges)
        if artifacts and "pipeline.jars" not in options.settings:
            jars = connector_jars(artifacts, self.progress.say)
            place["pipeline.jars"] = ";".join(jar.as_uri() for jar in jars)
        return place

    @property
    def is_done(self) -> bool:
        """Tell whether the job has ended, well or not."""
        return bool(self._result.isDone())

    def wait(self) -> Summary:
        """Follow the job until it ends; cancels it when anything else ends the waiting, such as Ctrl-C."""
        self.progress.say("running; Ctrl-C stops it" if self.follower is None else "waiting for the first change")
        try:
            while not self.is_done:
                self._follow()
                time.sleep(POLL_SECONDS)
        except BaseException:
            self.progress.say("interrupted: cancelling the job")
            self.cancel()
            raise
        try:
            self._result.get()
        except Exception as error:
            if not hasattr(error, "java_exception"):
                raise
            kind = EdgeError if is_input_error(error) else LivesegmentsError
            raise kind(f"the job failed: {message_of(error)}") from error
        self._follow()
        return self._summary()

    def cancel(self) -> None:
        """End the job, if it has not ended."""
        if self.is_done:
            return
        try:
            self.client._j_job_client.cancel().get()
        except Exception as error:  # it may have ended by itself; Java is stopped in any case
            self.progress.say(f"cancelled with: {message_of(error)}")

    def stop_with_savepoint(self, folder: Path) -> str:
        """End the job, keeping its state below a folder; returns where."""
        formats = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType
        client = self.client._j_job_client  # PyFlink's own call lacks the format that Java wants
        return str(client.stopWithSavepoint(False, folder.resolve().as_uri(), formats.CANONICAL).get())

    def _follow(self) -> None:
        if self.follower is None or (self.first_change_seconds is not None and self.options.on_change is None):
            return
        for line in self.follower.poll():
            if self.first_change_seconds is None:
                self.first_change_seconds = self.progress.seconds
                self.progress.say("first change")
            if self.options.on_change is not None:
                self.options.on_change(line)

    def _summary(self) -> Summary:
        counts = Counts()
        began_ms, ended_ms = [], []
        lines = LineFollower(self.folder / "summary").poll()
        for line in lines:
            row = msgspec.json.decode(line, type=TallyRow)
            add_counts(counts, row.counts)
            if row.began_ms:
                began_ms.append(row.began_ms)
                ended_ms.append(row.ended_ms)
        return Summary(
            counts=counts if lines else None,
            seconds=self.progress.seconds,
            first_change_seconds=self.first_change_seconds,
            busy_seconds=(max(ended_ms) - min(began_ms)) / 1_000 if began_ms else None,
        )
