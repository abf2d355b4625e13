"""Processes that this bench starts and ends, each in a session of its own, with a log."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.peers.environments import python_path
from brokers import _with_parent

__all__ = ["end_of", "kill", "running", "start"]

STOP_SECONDS_MAX = 10


def start(python: Path, module: str, arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a module of this folder with another environment's Python."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [*_with_parent(), str(python), "-m", f"bench.peers.{module}", *arguments],
            env=python_path(),
            cwd=log.parent,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process with -9, if it has not ended."""
    process.send_signal(signal.SIGKILL)
    process.wait(STOP_SECONDS_MAX)
    if process.stdin is not None:
        process.stdin.close()


@contextmanager
def running(python: Path, module: str, arguments: Sequence[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Give a process that ends with the context."""
    process = start(python, module, arguments, log)
    try:
        yield process
    finally:
        kill(process)


def end_of(log: Path) -> str:
    """Give the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log.exists() else ""
