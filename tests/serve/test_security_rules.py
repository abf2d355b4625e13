"""Ruff's security rules (those of bandit) find nothing in what others can reach."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "jobs" / "livesegments"
ALLOWED = "S101"  # assert, for what cannot be; nothing depends on it


def test_serving_keeps_the_security_rules() -> None:
    reached = [str(SOURCES / "serve"), str(SOURCES / "files"), str(SOURCES / "cli" / "serve.py")]
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "S", "--ignore", ALLOWED, *reached]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
