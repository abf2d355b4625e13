"""A job's place in a JVM of this process's own: from start to summary, without leftovers."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from livesegments.files import list_files, stage_events
from livesegments.flink.configuration import embedded_settings, live_settings
from livesegments.flink.connectors import connector_jars, needed_connectors
from livesegments.flink.edges import Edges, Statement, packaged_edge
from livesegments.flink.first_pass import FirstPass, is_over_files
from livesegments.flink.job import JOB_NAME, Job
from livesegments.flink.jvm import Jvm, connect, load_pyflink_without_beam, start_jvm, stop_jvm
from livesegments.flink.progress import Progress, Summary, silent
from livesegments.flink.staging import prepare_output

if TYPE_CHECKING:
    from livesegments.flink.running import RunningJob

__all__ = ["EmbeddedFlink", "run_embedded"]

OnChange = Callable[[bytes], None] | None


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

    def run(self, job: Job, progress: Progress | None = None, on_change: OnChange = None) -> Summary:
        """Run one job until its input ends, or until it is interrupted; errors as `launch`."""
        return self.submit(job, progress or Progress(), on_change).wait()

    def submit(self, job: Job, progress: Progress, on_change: OnChange = None) -> RunningJob:
        """Start one job and give it; it must be waited for or cancelled."""
        assert self.jvm is not None
        if job.out is not None:
            prepare_output(job.out)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder))
        any_shape = job.edges != packaged_edge("files.sql")  # an edge of the user's makes events of what it reads
        events = job.events and stage_events(job.events, folder, any_shape=any_shape, say=progress.say)
        edges = _with_summary(job.read_edges(events), folder / "summary")
        place = _settings(job, edges, folder, progress)
        first_pass = FirstPass(job, events, folder, progress.say) if events and is_over_files(job) else None
        if first_pass:
            job = msgspec.structs.replace(job, models=first_pass.models)
        try:
            client = self._submitted(job, edges, place, progress)
        except BaseException:
            if first_pass:
                first_pass.close()
            raise
        from livesegments.flink.running import RunningJob

        return RunningJob(
            client, progress, first_pass, folder / "summary", job.out and job.out / "segment-changes", on_change
        )

    def _submitted(self, job: Job, edges: Edges, place: Mapping[str, str], progress: Progress) -> Any:
        """Build the job and start it; returns its client in Java."""
        assert self.jvm is not None
        load_pyflink_without_beam()
        connect(self.jvm)
        from livesegments.flink.build import open_tables  # PyFlink loads for a second, while Java starts
        from livesegments.flink.learning_pass import build_with_models

        with _workers_in_processes():
            progress.say("waiting for the plan")
            opened = open_tables(job, edges, place, progress.say)
            build_with_models(opened, job, progress.say)
            progress.say("waiting for the job to start")
            return opened.environment.execute_async(JOB_NAME)._j_job_client


def run_embedded(job: Job, say: Callable[[str], None] = silent, on_change: OnChange = None) -> Summary:
    """Run the job until its input ends, or until it is interrupted.

    Errors are those of `launch`, and KeyboardInterrupt after the job is cancelled. Nothing stays behind: no process,
    no temporary folder.
    """
    progress = Progress(say)
    if job.events is not None:
        list_files(job.events, any_shape=True)  # what is not there is told before Java starts
    with _interrupts_heeded(), EmbeddedFlink() as flink:
        progress.say("waiting for the Java virtual machine")
        return flink.run(job, progress, on_change)


def _with_summary(edges: Edges, folder: Path) -> Edges:
    """Add the table of what became of the events."""
    place = str(folder).replace("'", "''")
    options = f"'connector' = 'filesystem', 'path' = '{place}', 'format' = 'raw'"
    table = Statement(0, f"CREATE TABLE summary (payload BYTES) WITH ({options})")
    return Edges(edges.file, (*edges.statements, table))


def _settings(job: Job, edges: Edges, folder: Path, progress: Progress) -> dict[str, str]:
    """Give Flink's settings in this place."""
    settings = embedded_settings(folder.parent, job.mode or "thread", job.parallelism or 1)
    if job.events is None:
        settings |= live_settings(job.state or folder / "checkpoints")
        if recovered := settings.get("execution.state-recovery.path"):
            progress.say(f"going on from {recovered}")
    artifacts = needed_connectors(edges)
    if artifacts and "pipeline.jars" not in job.flink:
        jars = connector_jars(artifacts, progress.say)
        settings["pipeline.jars"] = ";".join(jar.as_uri() for jar in jars)
    return settings


def _is_not_an_interrupt(record: logging.LogRecord) -> bool:
    """Hide the traceback that py4j logs, past its own logger, when Ctrl-C comes during a call into Java."""
    return not str(record.msg).startswith("KeyboardInterrupt while sending")


@contextmanager
def _interrupts_heeded() -> Iterator[None]:
    """Let Ctrl-C end the run whenever it comes, and a TERM signal as well.

    While Python throws an object of Java away, an exception is only told of and then forgotten: it is raised again.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    main_thread = threading.get_ident()

    def raise_again(lost: sys.UnraisableHookArgs) -> None:
        if lost.exc_type is KeyboardInterrupt:
            threading.Timer(0.05, signal.pthread_kill, (main_thread, signal.SIGINT)).start()
        else:
            hook(lost)

    hook, sys.unraisablehook = sys.unraisablehook, raise_again
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        sys.unraisablehook = hook


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
