"""A command as a process of its own, with when it said what: how long it tries is not how long Python takes to load."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from subprocess import PIPE
from typing import NamedTuple

__all__ = ["TimedProcess", "run_timed"]


class TimedProcess(NamedTuple):
    """How it ended; `lines` are those of stderr, each with the second in which it was said."""

    code: int
    out: str
    lines: list[tuple[float, str]]
    ended: float

    @property
    def err(self) -> str:
        return "".join(line for _, line in self.lines)


def run_timed(command: Sequence[str], env: Mapping[str, str], seconds_max: float) -> TimedProcess:
    """Run a command to its end; after `seconds_max` it is killed."""
    process = subprocess.Popen(command, stdout=PIPE, stderr=PIPE, text=True, env=env)
    limit = threading.Timer(seconds_max, process.kill)
    limit.start()
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [(time.monotonic(), line) for line in process.stderr]
        out = process.stdout.read()
        code = process.wait()
    limit.cancel()
    return TimedProcess(code, out, lines, time.monotonic())
