"""The first pass of an embedded run over files: models are learned in a process of their own while the job starts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.core.ingest import reading_of
from livesegments.core.memory import look_for_cycles_seldom
from livesegments.files.opening import opened
from livesegments.flink.edges import packaged_edge
from livesegments.flink.job import Job
from livesegments.flink.jvm import worker_path
from livesegments.flink.models_to_come import ModelsToCome

__all__ = ["FirstPass", "is_over_files"]

_WRONG_INPUT = 2


class _Task(msgspec.Struct, frozen=True):
    """What that process is to do."""

    definition: bytes
    events: str
    until_ms: int | None
    latest_ms: int
    per_mille: int
    models: ModelsToCome


def is_over_files(job: Job) -> bool:
    """Tell whether models must be learned first, from a file that can be read without Flink."""
    is_known = job.events is not None and job.edges == packaged_edge("files.sql")
    return is_known and job.definition.has_models and job.models is None


class FirstPass:
    """Learns from a file of events and gives `models` to the job that waits for them; begins at once."""

    def __init__(self, job: Job, events: Path, folder: Path, say: Callable[[str], None]) -> None:
        assert job.out is not None
        self.models = ModelsToCome(str(folder))
        self._table = job.out / "segment-models"
        self._errors = folder / "first-pass.err"
        self._say = say
        task = _Task(
            definition=job.definition.to_bytes(),
            events=str(events),
            until_ms=job.until_ms,
            latest_ms=job.latest_ms,
            per_mille=job.options.learner_per_mille,
            models=self.models,
        )
        (folder / "first-pass.task").write_bytes(msgspec.msgpack.encode(task))
        say("first pass: learning the models")
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(folder / "first-pass.task")],
                env={**os.environ, "PYTHONPATH": worker_path()},
                stdin=subprocess.PIPE,  # its end tells the process that nobody waits for it any more
                stderr=errors,
                start_new_session=True,  # Ctrl-C reaches this process alone
            )

    def is_done(self) -> bool:
        """Tell whether the job has its models; they are then in the output folder too.

        Raises EdgeError for a file that cannot be read, LivesegmentsError for any other failure.
        """
        code = self._process.poll()
        if code is None:
            return False
        self.close()
        if code:
            said = self._errors.read_text(errors="replace").strip().splitlines() or [f"it ended with {code}"]
            kind = EdgeError if code == _WRONG_INPUT else LivesegmentsError
            raise kind(f"learning the models failed: {said[-1]}")
        records = list(self.models)
        self._say(f"second pass: segmenting with {len(records):,} versions of models")
        if records:
            self._table.mkdir()
            (self._table / "models.jsonl").write_bytes(b"".join(record + b"\n" for record in records))
        return True

    def close(self) -> None:
        """End what still runs; a job that waits for models then fails."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self.models.give_up()


def _learn(task: _Task) -> list[bytes]:
    from livesegments.models.passes import learn_models  # River loads for seconds: only here

    look_for_cycles_seldom()
    definition = Definition.from_bytes(task.definition)
    reading = reading_of(definition, task.latest_ms)
    with opened(Path(task.events)) as lines:
        rows = learn_models(definition, lines, task.until_ms, reading, task.per_mille)
        return [row.payload for row in rows]


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


def _main(task: Path) -> int:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        read = msgspec.msgpack.decode(task.read_bytes(), type=_Task)
        read.models.bring(_learn(read))
    except (OSError, EdgeError) as error:
        sys.stderr.write(f"{error}\n")
        return _WRONG_INPUT
    return 0


if __name__ == "__main__":
    os._exit(_main(Path(sys.argv[1])))  # at once: nothing is to be kept
