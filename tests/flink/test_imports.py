"""A run loads nothing heavy into the process that starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flink.streams import CLUSTERED, events

pytestmark = pytest.mark.flink

HEAVY = ("apache_beam", "pandas", "pyarrow", "river", "scipy", "numpy", "kafka", "jgo")
CODE = f"""
import sys, warnings
warnings.simplefilter("ignore")  # PyFlink deprecates parts of itself while it is imported
from livesegments.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    print(ended.code, [name for name in {HEAVY!r} if name in sys.modules])
"""


def test_a_run_with_models_loads_nothing_heavy(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(events(1_500, 50, seed=3)))
    (tmp_path / "segments.yaml").write_text(CLUSTERED.text)
    command = [sys.executable, "-c", CODE, "run", "--events", "events.jsonl", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=True)
    assert "second pass: segmenting with" in done.stderr
    assert done.stdout.strip() == "0 []"
