"""The first pass of an embedded run over files: models are learned in a process of their own while Java starts."""

from __future__ import annotations

import gc
import gzip
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.flink.edges import packaged_edge
from livesegments.flink.job import Job
from livesegments.flink.jvm import worker_path
from livesegments.flink.staging import is_gzip

__all__ = ["FirstPass", "is_over_files"]

_WRONG_INPUT = 2


class _Task(msgspec.Struct, frozen=True):
    """What that process is to do."""

    definition: bytes
    events: str
    until_ms: int | None
    per_mille: int


def is_over_files(job: Job) -> bool:
    """Tell whether models must be learned first, from a file that can be read without Flink."""
    is_known = job.events is not None and job.edges == packaged_edge("files.sql")
    return is_known and job.definition.has_models and job.models is None


class FirstPass:
    """Learns from a file of events; begins at once, and is ended with the context."""

    def __init__(self, job: Job, events: Path, folder: Path, say: Callable[[str], None]) -> None:
        self.job = job
        self._say = say
        self._errors = folder / "first-pass.err"
        task = _Task(job.definition.to_bytes(), str(events), job.until_ms, job.options.learner_per_mille)
        (folder / "first-pass.task").write_bytes(msgspec.msgpack.encode(task))
        say("first pass: learning the models")
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(folder / "first-pass.task")],
                env={**os.environ, "PYTHONPATH": worker_path()},
                stdin=subprocess.PIPE,  # its end tells the process that nobody waits for it any more
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C reaches this process alone
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def finish(self) -> Job:
        """Wait for the models and give the job with them; its output folder holds them too.

        Raises EdgeError for a file that cannot be read, LivesegmentsError for any other failure.
        """
        assert self._process.stdout is not None
        content = self._process.stdout.read()
        code = self._process.wait()
        if code:
            said = self._errors.read_text(errors="replace").strip().splitlines() or [f"it ended with {code}"]
            kind = EdgeError if code == _WRONG_INPUT else LivesegmentsError
            raise kind(f"learning the models failed: {said[-1]}")
        models = msgspec.msgpack.decode(content, type=tuple[bytes, ...])
        self._say(f"second pass: segmenting with {len(models):,} versions of models")
        assert self.job.out is not None
        if models:
            file = self.job.out / "segment-models" / "models.jsonl"
            file.parent.mkdir()
            file.write_bytes(b"".join(record + b"\n" for record in models))
        return msgspec.structs.replace(self.job, models=models)


def _learn(task: _Task) -> list[bytes]:
    from livesegments.models.passes import learn_models  # River loads for seconds: only here
    from livesegments.models.sample import sampled

    gc.set_threshold(100_000, 20, 100)  # profiles hold no cycles
    path = Path(task.events)
    with gzip.open(path, "rb") if is_gzip(path) else path.open("rb") as lines:
        rows = learn_models(Definition.from_bytes(task.definition), sampled(lines, task.per_mille), task.until_ms)
        return [row.payload for row in rows]


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _main(task: Path) -> int:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        records = _learn(msgspec.msgpack.decode(task.read_bytes(), type=_Task))
    except (OSError, EOFError, zlib.error) as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_INPUT
    sys.stdout.buffer.write(msgspec.msgpack.encode(records))
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    os._exit(_main(Path(sys.argv[1])))  # at once: nothing is to be kept
