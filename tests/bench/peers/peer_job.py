"""A peer: one process, killed and started again as a whole."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

import msgspec

from bench.peers.processes import end_of, kill, start
from bench.peers.settings import JobSettings
from bench.peers.watch import Watch

__all__ = ["PeerJob"]


class PeerJob:
    """Runs for as long as the context lasts; its folder is there already."""

    def __init__(self, module: str, job: JobSettings, python: Path) -> None:
        self.module, self.python, self.log = module, python, Path(job.folder) / "log.txt"
        self.arguments = [msgspec.json.encode(job).decode()]
        self.started = self.submitted = 0.0
        self.watch = Watch(self.pids)

    def __enter__(self) -> Self:
        self.started = self.submitted = time.time()
        self.process = start(self.python, self.module, self.arguments, self.log)
        self.watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.end()
        kill(self.process)

    def pids(self) -> list[int]:
        return [self.process.pid]

    def check(self) -> None:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.module} ended with {self.process.returncode}:\n{end_of(self.log)}")

    def kill_and_start(self) -> None:
        kill(self.process)
        self.process = start(self.python, self.module, self.arguments, self.log)
