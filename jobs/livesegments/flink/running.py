"""A job that runs in a JVM of this process's own: followed, waited for, ended, and summed up."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from pyflink.java_gateway import get_gateway

from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.core.ingest import Counts
from livesegments.core.skipped import Skipped
from livesegments.files.follow import LineFollower
from livesegments.flink.causes import is_input_error, message_of
from livesegments.flink.first_pass import FirstPass
from livesegments.flink.progress import Progress, Summary
from livesegments.flink.tally import TallyRow, add_counts

__all__ = ["RunningJob"]

POLL_SECONDS = 0.05


class RunningJob:
    """A submitted job by its client in Java, its first pass, and the folders that it writes to."""

    def __init__(
        self,
        client: Any,
        progress: Progress,
        first_pass: FirstPass | None,
        summary: Path,
        changes: Path | None,
        on_change: Callable[[bytes], None] | None,
    ) -> None:
        self.progress = progress
        self.first_change_seconds: float | None = None
        self._client = client
        self._result: Any = client.getJobExecutionResult()
        self._first_pass = first_pass
        self._summary_folder = summary
        self._follower = LineFollower(changes) if changes else None
        self._on_change = on_change

    @property
    def is_done(self) -> bool:
        """Tell whether the job has ended, well or not."""
        return bool(self._result.isDone())

    def wait(self) -> Summary:
        """Follow the job until it ends; cancels it when anything else ends the waiting, such as Ctrl-C."""
        if self._first_pass is None:
            self._say_what_is_next()
        try:
            while not self.is_done:
                self._follow()
                time.sleep(POLL_SECONDS)
            self._follow()
        except LivesegmentsError:  # of the first pass
            self.cancel()
            raise
        except BaseException:
            self.progress.say("interrupted: cancelling the job")
            self.cancel()
            raise
        if self._first_pass is not None:  # the job failed before it had its models
            self._first_pass.close()
        try:
            self._result.get()
        except Exception as error:
            if not hasattr(error, "java_exception"):
                raise
            kind = EdgeError if is_input_error(error) else LivesegmentsError
            raise kind(f"the job failed: {message_of(error)}") from error
        return self._summary()

    def cancel(self) -> None:
        """End the job, if it has not ended."""
        if self._first_pass is not None:
            self._first_pass.close()
        if self.is_done:
            return
        try:
            self._client.cancel().get()
        except Exception as error:  # it may have ended by itself; Java is stopped in any case
            self.progress.say(f"cancelled with: {message_of(error)}")

    def stop_with_savepoint(self, folder: Path) -> str:
        """End the job, keeping its state below a folder; returns where."""
        formats = get_gateway().jvm.org.apache.flink.core.execution.SavepointFormatType
        stopped = self._client.stopWithSavepoint(False, folder.resolve().as_uri(), formats.CANONICAL)
        return str(stopped.get())  # PyFlink's own call lacks the format that Java wants

    def _say_what_is_next(self) -> None:
        self.progress.say("running; Ctrl-C stops it" if self._follower is None else "waiting for the first change")

    def _follow(self) -> None:
        if self._first_pass is not None:
            if not self._first_pass.is_done():
                return
            self._first_pass = None
            self._say_what_is_next()
        if self._follower is None or (self.first_change_seconds is not None and self._on_change is None):
            return
        for line in self._follower.poll():
            if self.first_change_seconds is None:
                self.first_change_seconds = self.progress.seconds
                self.progress.say("first change")
            if self._on_change is not None:
                self._on_change(line)

    def _summary(self) -> Summary:
        counts, skipped = Counts(), Skipped()
        began_ms, ended_ms = [], []
        lines = LineFollower(self._summary_folder).poll()
        for line in lines:
            row = msgspec.json.decode(line, type=TallyRow)
            add_counts(counts, row.counts)
            skipped.merge(row.skipped, row.placeholders.items())
            if row.began_ms:
                began_ms.append(row.began_ms)
                ended_ms.append(row.ended_ms)
        return Summary(
            counts=counts if lines else None,
            skipped=skipped,
            seconds=self.progress.seconds,
            first_change_seconds=self.first_change_seconds,
            busy_seconds=(max(ended_ms) - min(began_ms)) / 1_000 if began_ms else None,
        )
