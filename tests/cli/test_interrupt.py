"""Ctrl-C ends a run and the demo cleanly: no process and no temporary folder stays behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from children import children_of
from core.samples import line

pytestmark = pytest.mark.flink
SECONDS_MAX = 120
DEFINITION = """
features: {orders_30d: {count: Order Completed, within: 30d}}
segments: {buyers: {when: 'orders_30d >= 1'}}
"""


@pytest.mark.parametrize(
    ("command", "when"),
    [
        ("run", "waiting for the plan"),
        ("run", "first change"),
        ("demo", "waiting for the plan"),
        ("demo", "waiting for the job to start"),  # while its models are learned
        ("demo", "first change"),
    ],
)
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, command: str, when: str) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    arguments = ["demo"]
    if command == "run":
        events = b"".join(line(f"u{n % 500}", day=n / 1e3, event="Order Completed") + b"\n" for n in range(150_000))
        (tmp_path / "events.jsonl").write_bytes(events)
        (tmp_path / "segments.yaml").write_text(DEFINITION)
        paths = [str(tmp_path / name) for name in ("events.jsonl", "out", "segments.yaml")]
        arguments = ["run", "--events", paths[0], "--out", paths[1], "--config", paths[2]]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", "from livesegments.cli import main; main()", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        start_new_session=True,
    ) as process:
        told, started = interrupted(process, when)
    assert "Traceback" not in "".join(told), told
    deadline = time.monotonic() + 10
    while (alive := [pid for pid in started if Path(f"/proc/{pid}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive == []
    assert list(temporary.iterdir()) == []


def interrupted(process: subprocess.Popen[str], when: str) -> tuple[list[str], set[int]]:
    """Send Ctrl-C when the process says so; give what it told and the processes that it had started."""
    told: list[str] = []
    try:
        assert process.stderr is not None
        for text in process.stderr:
            told.append(text)
            if when in text:
                break
        started = children_of(process.pid)
        assert started  # Java at least
        process.send_signal(signal.SIGINT)
        told += process.stderr.readlines()
        assert process.wait(timeout=SECONDS_MAX) in (0, 130), told
    finally:
        process.kill()
        process.wait()
    return told, started
