"""The embedded run: the job in a JVM of this process's own, from start to summary, without leftovers."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.replay import Counts
from livesegments.flink.configuration import ddl_variables
from livesegments.flink.jvm import Jvm, connect, load_pyflink_without_beam, start_jvm, stop_jvm
from livesegments.flink.options import read_options
from livesegments.flink.staging import prepare_output

if TYPE_CHECKING:
    from livesegments.flink.embedded_job import EmbeddedJob

__all__ = ["EmbeddedFlink", "Progress", "RunOptions", "Summary", "run"]


def _silent(_: str) -> None:
    pass


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What `livesegments run` was asked to do."""

    definition: Definition
    events: Path | None = None
    out: Path | None = None
    edges: Path | None = None  # None: files.sql, from events to out
    state: Path | None = None  # keeps the checkpoints of a live run, which goes on from the newest one there
    models: Path | None = None  # records of segment_models to begin with; where the input ends, none are learned then
    until_ms: int | None = None
    parallelism: int = 1
    mode: Literal["thread", "process"] = "thread"
    settings: Mapping[str, str] = {}  # --set
    say: Callable[[str], None] = _silent  # progress, for people
    on_change: Callable[[bytes], None] | None = None  # each change as it appears; where out is given


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did; `counts` only where the input ended."""

    counts: Counts | None
    seconds: float
    first_change_seconds: float | None
    busy_seconds: float | None  # from the first batch to the last, start-up excluded

    @property
    def events_per_second(self) -> float | None:
        """Give the rate of the job without its start-up."""
        return self.counts.events / self.busy_seconds if self.counts and self.busy_seconds else None


class Progress:
    """Says what a run is waiting for, and since when it runs."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Give the time since the start."""
        return time.monotonic() - self._start

    def say(self, text: str) -> None:
        """Say a line with the time before it."""
        self._say(f"{self.seconds:5.1f} s  {text}")


class EmbeddedFlink:
    """A JVM with Flink in it, and its folder, for as long as the context lasts; runs any number of jobs in turn."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="livesegments-"))
        self.jvm: Jvm | None = None

    def __enter__(self) -> Self:
        logging.getLogger("py4j").setLevel(logging.CRITICAL)  # it tells of every broken connection on Ctrl-C
        logging.getLogger().addFilter(_is_not_an_interrupt)
        try:
            self.jvm = start_jvm(self.folder)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.jvm is not None:
            stop_jvm(self.jvm)
            self.jvm = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, options: RunOptions, progress: Progress | None = None) -> Summary:
        """Run one job until its input ends, or until it is interrupted; errors as `run`."""
        _check(options)
        return self.submit(options, progress or Progress(options.say)).wait()

    def submit(self, options: RunOptions, progress: Progress) -> EmbeddedJob:
        """Start one job and give it; it must be waited for or cancelled."""
        from livesegments.flink.embedded_job import EmbeddedJob  # needs PyFlink, which is loaded while Java starts

        assert self.jvm is not None
        job = EmbeddedJob(options, Path(tempfile.mkdtemp(prefix="run-", dir=self.folder)), progress)
        load_pyflink_without_beam()
        connect(self.jvm)
        with _workers_in_processes():
            job.submit()
        return job


def run(options: RunOptions) -> Summary:
    """Run the job until its input ends, or until it is interrupted.

    Raises EdgeError for what is wrong with paths, options or DDL, LivesegmentsError when the job fails, and
    KeyboardInterrupt after the job is cancelled. Nothing stays behind: no process, no temporary folder.
    """
    _check(options)
    progress = Progress(options.say)
    with _terminated_like_interrupted(), EmbeddedFlink() as flink:
        progress.say("waiting for the Java virtual machine")
        return flink.run(options, progress)


def _is_not_an_interrupt(record: logging.LogRecord) -> bool:
    """Hide the traceback that py4j logs, past its own logger, when Ctrl-C comes during a call into Java."""
    return not str(record.msg).startswith("KeyboardInterrupt while sending")


def _check(options: RunOptions) -> None:
    """Find what is wrong before Java starts."""
    read_options(options.settings)
    ddl_variables(options.settings)
    if options.out is not None:
        prepare_output(options.out)


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let a TERM signal end the run as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _workers_in_processes() -> Iterator[None]:
    """Keep PyFlink from running Python workers in this process, and from loading Beam for it."""
    name = "_python_worker_execution_mode"
    before = os.environ.get(name)
    os.environ[name] = "process"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
