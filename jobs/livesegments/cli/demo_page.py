"""The page on the demo's output: `livesegments serve` in a process of its own beside the job."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from livesegments.core.errors import LivesegmentsError

__all__ = ["DemoPage", "page_on"]

_PORT = 8088
_COMMAND = [sys.executable, "-c", "from livesegments.cli import main; main()"]
_STOP_SECONDS = 10


class DemoPage:
    """A server that runs beside the demo."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait(self) -> None:
        """Wait until somebody stops it."""
        self._process.wait()


@contextmanager
def page_on(out: Path, events: Path, config: Path | None, say: Callable[[str], None]) -> Iterator[DemoPage]:
    """Serve a run's folder while it is written; says the address, and opens it in a browser on a terminal.

    Raises LivesegmentsError where the server does not start.
    """
    out.mkdir()
    more = [] if config is None else ["--config", str(config)]
    process = subprocess.Popen(
        [*_COMMAND, "serve", "--out", str(out), "--events", str(events), "--port", str(_free_port()), *more],
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C ends the job first
    )
    try:
        _announce(process, say)
        yield DemoPage(process)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _announce(process: subprocess.Popen[str], say: Callable[[str], None]) -> None:
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line.strip())
        if match := re.search(r"serving (http\S+)", line):
            say(f"the page: {match[1]}")
            if sys.stdout.isatty():
                webbrowser.open(match[1])
            threading.Thread(target=process.stderr.read, daemon=True).start()  # nothing waits for a full pipe
            return
    raise LivesegmentsError(f"demo --serve: the page did not start: {' '.join(said)}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", _PORT))
        except OSError:
            return 0
        return _PORT
