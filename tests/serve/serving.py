"""A real `livesegments serve` in a process of its own, and folders to serve."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from livesegments.serve.rows import Row

FOLDERS = {
    "changes": "segment-changes",
    "profiles": "profiles",
    "dead_letters": "dead-letters",
    "models": "segment-models",
}
COMMAND = [sys.executable, "-c", "from livesegments.cli import main; main()"]
START_SECONDS_MAX = 90


class Serving:
    """A server's process, its address, and a client that says who it is."""

    def __init__(self, process: subprocess.Popen[str], address: str, said: list[str], token: str | None) -> None:
        self.process = process
        self.address = address
        self.said = said
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=address, headers=headers, timeout=30)


def write_rows(folder: Path, rows: Iterable[Row]) -> None:
    """Add rows to the folder of a run, as files have them."""
    for row in rows:
        target = folder / FOLDERS[row.table]
        target.mkdir(parents=True, exist_ok=True)
        with (target / "part-0").open("ab") as file:
            value = row.value
            if value is None:
                value = b'{"user_id": "%b", "erased": true}' % (row.key or "").encode()
            file.write(value + b"\n")


@contextmanager
def serving(
    *arguments: str, token: str | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Serving]:
    """Start a server on a free port and end it after the test."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={
            **{k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
            **(environment or {}),
            **({"LIVESEGMENTS_TOKEN": token} if token else {}),
        },
    )
    said: list[str] = []
    address = ""
    timer = threading.Timer(START_SECONDS_MAX, process.kill)
    timer.start()
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if match := re.search(r"serving (http\S+)", line):
            address = match[1]
            break
    timer.cancel()
    assert address, "".join(said)
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    reader.start()
    server = Serving(process, address, said, token)
    try:
        yield server
    finally:
        server.client.close()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)
        process.stderr.close()


def until_level(server: Serving, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while (told := server.client.get("/healthz").json())["status"] != "level" or told["lag_offsets"]:
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
