"""However a run ends, it says why in words, and leaves no process and no file behind."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

import pytest

from flink.live import EDGES, event
from flink.streams import DEFINITION, events
from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

pytestmark = pytest.mark.flink

ROOT = Path(__file__).parents[2]


class Broken(Definition):
    """Workers cannot read it."""

    def to_bytes(self) -> bytes:
        return b"not a definition"


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_an_error_in_python_is_told_without_java(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"]
) -> None:
    source = tmp_path / "events.jsonl"
    source.write_bytes(b"\n".join(events(10, 2, seed=1)))
    fields = {name: getattr(DEFINITION, name) for name in Definition.__struct_fields__}
    options = make_job(Broken(**fields), events=source, out=tmp_path / "out", mode=mode)
    with pytest.raises(
        LivesegmentsError, match=r"the job failed: .*JSONDecodeError: Expecting value: line 1 .*\(decoder\.py:\d+\)$"
    ) as caught:
        flink.run(options)
    assert not isinstance(caught.value, EdgeError)
    assert "\tat " not in str(caught.value)
    assert "java" not in str(caught.value)


def test_a_broken_input_file_is_told(flink: EmbeddedFlink, tmp_path: Path) -> None:
    source = tmp_path / "events.jsonl.gz"
    source.write_bytes(gzip.compress(b"\n".join(events(500, 5, seed=1)))[:-2_000])
    with pytest.raises(EdgeError, match="the job failed: Unexpected end of ZLIB input stream"):
        flink.run(make_job(DEFINITION, events=source, out=tmp_path / "out"))


@pytest.mark.parametrize(
    ("said", "signal_number"),
    [
        ("Java virtual machine", signal.SIGINT),
        ("waiting for the plan", signal.SIGTERM),
        ("job to start", signal.SIGINT),
        ("running", signal.SIGINT),
    ],
)
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, said: str, signal_number: signal.Signals) -> None:
    temporary, inputs = tmp_path / "tmp", tmp_path / "in"
    temporary.mkdir()
    inputs.mkdir()
    (inputs / "events.jsonl").write_bytes(event("u1", 1_600_000_000_000, 1))
    (tmp_path / "edges.sql").write_text(EDGES)
    (tmp_path / "segments.yaml").write_text(DEFINITION.text)
    settings = [f"--set=IN={inputs}", f"--set=OUT={tmp_path / 'out'}"]
    with subprocess.Popen(
        [sys.executable, str(ROOT / "jobs" / "segment_users.py"), "--edges", "edges.sql", *settings],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT / "jobs")},
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stderr is not None
        assert any(said in line for line in run.stderr), f"it never said {said!r}"
        time.sleep(1.5)
        run.send_signal(signal_number)
        _, told = run.communicate(timeout=60)
        assert run.returncode == 130
    assert "Traceback" not in told
    assert "py4j" not in told
    assert list(temporary.iterdir()) == []
    assert processes_that_name(str(temporary)) == []


def processes_that_name(text: str) -> list[str]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if text in command:
            found.append(command)
    return found
